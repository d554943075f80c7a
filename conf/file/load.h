// YAML file → Config. All problems are found in one go.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/environment.h"
#include "conf/problems.h"

namespace penstock::conf {

struct LoadResult {
  std::shared_ptr<const Config> config;  ///< null if there is any problem
  std::vector<Problem> problems;         ///< in file order
};

/// Reads, expands and checks a file. Never throws; a file that can't be read is a Problem. Thread-safe.
/// `text`: if it is not null, what the file holds is put there.
LoadResult load_file(const std::string& path, const Environment& env, std::string* text = nullptr);
/// The same for a text; `name` stands for the file in problems.
LoadResult load_text(std::string_view yaml, const std::string& name, const Environment& env);

/// The effective configuration as YAML, every default written out. load_text() of it gives an equal Config.
std::string to_yaml(const Config& config);

/// JSON Schema (draft 2020-12) of the file, made from the description that the loader itself uses.
std::string json_schema();

}  // namespace penstock::conf
