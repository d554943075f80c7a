// The alert rules and the dashboard that come with the program use what it exports, and Prometheus can read them.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

const std::string kPackaging = PENSTOCK_SOURCE_DIR "/packaging/";
const std::string kRules = kPackaging + "prometheus/penstock.rules.yml";
const std::string kRulesTest = kPackaging + "prometheus/penstock.rules_test.yml";
const std::string kDashboard = kPackaging + "grafana/penstock.json";

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Every first group of the expression in the text.
std::vector<std::string> all(const std::string& text, const char* expression) {
  const std::regex regex(expression);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.push_back((*at)[1]);
  return found;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

class Monitoring : public H1ToH1 {
 protected:
  /// The series' names that a scrape has, or would have: all families are always there, if without samples.
  static std::set<std::string> exported(const std::string& metrics) {
    std::set<std::string> names;
    for (const std::string& family : all(metrics, "# TYPE (\\w+) (?:counter|gauge)")) names.insert(family);
    for (const std::string& family : all(metrics, "# TYPE (\\w+) histogram")) {
      for (const char* part : {"_bucket", "_sum", "_count"}) names.insert(family + part);
    }
    return names;
  }

  static std::vector<std::string> used_in(const std::string& path) {
    return all(read(path), "\\b((?:penstock|process)_\\w+)");
  }

  /// Exit code 0, or what it says fails the test.
  static void expect_promtool_is_content(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"promtool"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process promtool(command);
    EXPECT_EQ(promtool.exit_code(), 0) << promtool.out().all() << promtool.err().all();
  }

  /// The dashboard's queries as rules, with its variables filled in.
  static std::string queries_as_rules() {
    std::string rules = "groups:\n  - name: dashboard\n    rules:\n";
    for (std::string query : all(read(kDashboard), "\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\"")) {
      query = replaced(replaced(query, "\\\"", "\""), "$__rate_interval", "1m");
      query = std::regex_replace(query, std::regex("\\$\\w+"), "any");
      rules += "      - { record: \"query\", expr: '" + replaced(query, "'", "''") + "' }\n";
    }
    return rules;
  }
};

TEST_F(Monitoring, TheReferenceTellsOfEveryAdminPageAndAction) {
  Gateway gateway(backend);
  const std::string reference = read(PENSTOCK_SOURCE_DIR "/docs/config.md");
  const auto pages = all(gateway.admin("/").body, "(?:^|\n)(/\\w+) ");
  const auto actions = all(Client(gateway.admin_port()).ask(post("/nothing", "")).body, "POST (/[\\w/]+)");
  EXPECT_GE(pages.size(), 9u);
  EXPECT_GE(actions.size(), 7u);
  for (const std::string& page : pages) EXPECT_THAT(reference, testing::HasSubstr("| `" + page + "` |"));
  for (const std::string& action : actions) EXPECT_THAT(reference, testing::ContainsRegex("\\| `" + action + "[?`]"));
}

TEST_F(Monitoring, RulesAndDashboardUseOnlyMetricsThatAreExported) {
  Gateway gateway(backend);
  const std::set<std::string> names = exported(gateway.admin("/metrics").body);
  for (const std::string& path : {kRules, kRulesTest, kDashboard}) {
    const auto used = used_in(path);
    EXPECT_GT(used.size(), 10u) << path;
    for (const std::string& name : used) EXPECT_THAT(names, testing::Contains(name)) << path;
  }
}

TEST_F(Monitoring, RulesAreValidAndRaiseWhatTheyShould) {
  if (!is_installed("promtool")) GTEST_SKIP() << "promtool is not installed (Debian: prometheus)";
  expect_promtool_is_content({"check", "rules", kRules});
  expect_promtool_is_content({"test", "rules", kRulesTest});
}

TEST_F(Monitoring, EveryAlertHasATest) {
  const auto alerts = all(read(kRules), "alert: (\\w+)");
  const auto tested = all(read(kRulesTest), "alertname: (\\w+)");
  EXPECT_GT(alerts.size(), 5u);
  for (const std::string& alert : alerts) EXPECT_THAT(tested, testing::Contains(alert));
}

TEST_F(Monitoring, PrometheusCanReadEveryQueryOfTheDashboard) {
  if (!is_installed("promtool")) GTEST_SKIP() << "promtool is not installed (Debian: prometheus)";
  const TempDir directory;
  expect_promtool_is_content({"check", "rules", directory.write("queries.yml", queries_as_rules())});
}

}  // namespace
}  // namespace penstock::e2e
