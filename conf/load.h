// YAML file → Config. All problems are found in one go.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"

namespace penstock::conf {

/// One thing wrong with a file. Lines and columns count from 1; 0 where the file as a whole is meant.
struct Problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;  ///< one sentence, with a "did you mean" where a name was nearly right

  /// "FILE:LINE:COLUMN: message"
  std::string text() const;
};

struct LoadResult {
  std::shared_ptr<const Config> config;  ///< null if there is any problem
  std::vector<Problem> problems;         ///< in file order
};

/// Looks up an environment variable; nullopt = not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads, expands and checks a file. Never throws; a file that can't be read is a Problem. Thread-safe.
/// `text`: if it is not null, what the file holds is put there.
LoadResult load_file(const std::string& path, const Environment& env, std::string* text = nullptr);
/// The same for a text; `name` stands for the file in problems.
LoadResult load_text(std::string_view yaml, const std::string& name, const Environment& env);
/// The process environment.
Environment process_environment();

/// The effective configuration as YAML, every default written out. load_text() of it gives an equal Config.
std::string to_yaml(const Config& config);

/// JSON Schema (draft 2020-12) of the file, made from the description that the loader itself uses.
std::string json_schema();

}  // namespace penstock::conf
