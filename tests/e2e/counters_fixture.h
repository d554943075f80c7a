// What gateways have counted, added up over a test: for the test that no exported counter stands still.
#pragma once

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fixture.h"

namespace penstock::e2e {

/// By a name such as `errors_total{reason="bad_request"}`: without "penstock_", and of the labels those alone that say
/// what was counted, not of whom. A histogram is the number of what it has seen. 0: there has been none.
using Counters = std::map<std::string, double>;

using Names = std::vector<std::string>;

/// "family{label="value"}" for each value.
inline Names each(const std::string& family, const std::string& label, const Names& values) {
  Names names;
  for (const std::string& value : values) {
    std::string& name = names.emplace_back(family);
    name.append("{").append(label).append("=\"").append(value).append("\"}");
  }
  return names;
}

inline Names errors(const Names& reasons) {
  return each("errors_total", "reason", reasons);
}

inline Names joined(const std::vector<Names>& lists) {
  Names all;
  for (const Names& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

namespace counters {

/// Labels that say of whom. A label that is not among these makes a counter of its own for each value.
inline const std::set<std::string> kOfWhom = {"route", "method", "code",  "upstream", "peer",     "listener",
                                              "name",  "path",   "where", "limit",    "registry", "worker"};

inline std::string without(std::string_view text, std::string_view beginning) {
  return std::string(text.starts_with(beginning) ? text.substr(beginning.size()) : text);
}

inline std::string name_of(const std::string& series, const std::string& labels) {
  static const std::regex kLabel("(\\w+)=(\"(?:[^\"\\\\]|\\\\.)*\")");
  std::string kept;
  for (std::sregex_iterator at(labels.begin(), labels.end(), kLabel), end; at != end; ++at) {
    if (!kOfWhom.contains((*at)[1])) kept += (kept.empty() ? "" : ",") + (*at)[1].str() + "=" + (*at)[2].str();
  }
  return without(series, "penstock_") + (kept.empty() ? "" : "{" + kept + "}");
}

/// Of a page of /metrics: all that it has a type of, whether there are samples or not.
inline Counters on(const std::string& page) {
  static const std::regex kType("# TYPE (\\w+) (counter|histogram)");
  static const std::regex kSample("(\\w+)(?:\\{(.*)\\})? (\\S+)");
  std::map<std::string, bool> series;  // and whether it has samples
  Counters found;
  std::istringstream lines(page);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, kType)) {
      series.emplace(match[1].str() + (match[2] == "counter" ? "" : "_count"), false);
    } else if (std::regex_match(line, match, kSample) && series.contains(match[1])) {
      series[match[1]] = true;
      found[name_of(match[1], match[2])] += std::stod(match[3]);
    }
  }
  for (const auto& [name, has_samples] : series) {
    if (!has_samples) found.emplace(name_of(name, ""), 0);
  }
  return found;
}

}  // namespace counters

/// A counter that is moved by another test, because it takes what only that one has.
struct MovedElsewhere {
  std::string counter;
  std::string file;
  std::string test;  ///< "Suite, Name", as the test's line has it
  std::string why;
};

/// A counter that is exported although nothing moves it: for good reasons only.
struct NeverMoved {
  std::string counter;
  std::string why;
};

class CountersTest : public H1ToH1 {
 protected:
  /// Adds what a gateway has counted, once all of `about` have moved there.
  void count(const std::function<std::string()>& page, const Names& about) {
    Counters found;
    std::string still;
    const auto moved = [&] {
      found = counters::on(page());
      still.clear();
      for (const std::string& name : about) still += found[name] > 0 ? "" : " " + name;
      return still.empty();
    };
    EXPECT_TRUE(eventually(moved)) << "has not moved:" << still;
    for (const auto& [name, value] : found) sum_[name] += value;
  }
  void count(const Gateway& gateway, const Names& about) {
    count([&] { return gateway.admin("/metrics").body; }, about);
  }

  /// Each has moved, but for those that are listed, which must not have.
  void expect_all_moved(const std::vector<MovedElsewhere>& elsewhere, const std::vector<NeverMoved>& never) const {
    std::set<std::string> listed;
    for (const MovedElsewhere& each : elsewhere) {
      listed.insert(each.counter);
      expect_is_tested(each);
    }
    for (const NeverMoved& each : never) listed.insert(each.counter);
    for (const std::string& name : listed) EXPECT_TRUE(sum_.contains(name)) << name << ": nobody exports it any more";
    for (const auto& [name, value] : sum_) {
      if (listed.contains(name)) {
        EXPECT_EQ(value, 0) << name << ": moved here; take it off the list";
      } else if (!is_family(name)) {
        EXPECT_GT(value, 0) << name << ": no test moves it";
      }
    }
  }

 private:
  /// Not a counter itself, but what several of them are called by a gateway that had no samples of them yet.
  bool is_family(const std::string& name) const {
    const auto next = sum_.lower_bound(name + "{");
    return next != sum_.end() && next->first.starts_with(name + "{");
  }
  /// The test is there, and looks at the counter.
  static void expect_is_tested(const MovedElsewhere& each) {
    std::ifstream file(PENSTOCK_SOURCE_DIR "/tests/e2e/" + each.file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t begin = text.find("TEST_F(" + each.test + ")");
    ASSERT_NE(begin, std::string::npos) << each.file << " has no test " << each.test;
    const std::string test = text.substr(begin, text.find("\n}\n", begin) - begin);
    const std::string family = "penstock_" + each.counter.substr(0, each.counter.find('{'));
    EXPECT_NE(test.find(family), std::string::npos) << each.test << " does not look at " << family;
  }

  Counters sum_;
};

}  // namespace penstock::e2e
