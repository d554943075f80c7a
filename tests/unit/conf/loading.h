// Verbs for tests of the loader.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "conf/file/load.h"

namespace penstock::conf {

class Loading : public testing::Test {
 protected:
  void set_variable(const std::string& name, const std::string& value) { variables_[name] = value; }

  LoadResult load(const std::string& yaml) const { return load_text(yaml, "test.yaml", environment()); }

  /// The configuration; a failed test and a default one if there are problems.
  Config loaded(const std::string& yaml) const {
    const LoadResult result = load(yaml);
    for (const Problem& problem : result.problems) ADD_FAILURE() << problem.text() << "\nin\n" << yaml;
    return result.config ? *result.config : Config{};
  }

  /// All problems, each as "LINE:COLUMN: message".
  std::vector<std::string> problems(const std::string& yaml) const {
    std::vector<std::string> texts;
    const LoadResult result = load(yaml);
    EXPECT_EQ(result.config == nullptr, !result.problems.empty());
    for (const Problem& problem : result.problems) texts.push_back(problem.text().substr(problem.file.size() + 1));
    return texts;
  }

  /// The only problem; a failed test if there is none, or more.
  std::string problem(const std::string& yaml) const {
    const auto all = problems(yaml);
    EXPECT_EQ(all.size(), 1u) << testing::PrintToString(all) << "\nin\n" << yaml;
    return all.empty() ? "" : all[0];
  }

  Environment environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
  }

  /// The least that loads, for tests of something else; more keys can be put behind it.
  static constexpr const char* kLeast = "listeners: ['127.0.0.1:80']\nroutes: [{respond: 204}]\n";

 private:
  std::map<std::string, std::string> variables_;
};

}  // namespace penstock::conf
