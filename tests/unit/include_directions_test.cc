// Holds the table of ARCHITECTURE.md: which folder may include which, and where a third-party header may stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using testing::HasSubstr;
using testing::Optional;

const std::vector<std::string> kTopFolders = {"balancers", "conf", "discovery", "gateway", "limiters"};

/// Folder → the folders that its files may include besides itself. "gateway" is main.cc, and nobody includes that.
using Folders = std::set<std::string>;

Folders operator+(Folders one, const Folders& other) {
  one.insert(other.begin(), other.end());
  return one;
}

const Folders kDiscoveryParts = {"discovery/consul", "discovery/dns",  "discovery/etcd",
                                 "discovery/eureka", "discovery/file", "discovery/zookeeper"};
const Folders kRegistryClient = {"discovery", "conf", "gateway/base", "gateway/io"};
const Folders kBelowProxy = {"gateway/base",
                             "gateway/io",
                             "gateway/io/tls",
                             "gateway/http",
                             "gateway/keys",
                             "gateway/observe",
                             "gateway/filters",
                             "gateway/routing",
                             "gateway/health",
                             "gateway/filters/chains",
                             "gateway/filters/limits",
                             "gateway/upstream",
                             "balancers",
                             "limiters",
                             "discovery",
                             "conf"};
const Folders kBelowWorker = kBelowProxy + Folders{"gateway/proxy", "gateway/proxy/call", "gateway/proxy/client"};
const Folders kBelowDeployment =
    kBelowWorker + Folders{"conf/file", "discovery/factory", "gateway/process", "gateway/worker"};
const Folders kBelowReport = kBelowDeployment + Folders{"gateway/deployment", "gateway/admin"};
const Folders kBelowControl = kBelowReport + Folders{"gateway/report"};
const Folders kBelowCli = kBelowControl + Folders{"gateway/control"};

const std::map<std::string, Folders, std::less<>> kAllowed = {
    {"limiters", {}},
    {"balancers", {}},
    {"conf", {}},
    {"conf/yaml", {"conf"}},
    {"conf/describe", {"conf", "conf/yaml"}},
    {"conf/file", {"conf", "conf/yaml", "conf/describe"}},
    {"gateway/base", {}},
    {"gateway/io/tls", {"gateway/base"}},
    {"gateway/io", {"gateway/base", "gateway/io/tls"}},
    {"discovery", {"conf", "gateway/base", "gateway/io"}},
    {"discovery/consul", kRegistryClient},
    {"discovery/dns", kRegistryClient},
    {"discovery/etcd", kRegistryClient},
    {"discovery/eureka", kRegistryClient},
    {"discovery/file", kRegistryClient + Folders{"conf/yaml", "conf/file"}},
    {"discovery/zookeeper", kRegistryClient},
    {"discovery/factory", kDiscoveryParts + Folders{"discovery", "conf"}},
    {"gateway/http", {"gateway/base"}},
    {"gateway/keys", {"gateway/base", "gateway/http", "conf"}},
    {"gateway/observe", {"gateway/base", "gateway/http"}},
    {"gateway/filters", {"gateway/base", "gateway/http", "conf"}},
    {"gateway/filters/limits", {"gateway/base", "gateway/http", "gateway/keys", "gateway/filters", "limiters", "conf"}},
    {"gateway/filters/chains", {"gateway/filters", "gateway/filters/limits", "conf"}},
    {"gateway/routing", {"gateway/base", "gateway/http", "conf"}},
    {"gateway/health",
     {"gateway/base", "gateway/io", "gateway/io/tls", "gateway/http", "gateway/observe", "discovery", "conf"}},
    {"gateway/upstream",
     {"gateway/base", "gateway/io", "gateway/io/tls", "gateway/http", "gateway/observe", "gateway/health", "balancers",
      "limiters", "discovery", "conf"}},
    {"gateway/proxy/call",
     {"gateway/base", "gateway/io", "gateway/http", "gateway/keys", "gateway/observe", "gateway/upstream", "balancers",
      "limiters", "conf"}},
    {"gateway/proxy", kBelowProxy + Folders{"gateway/proxy/call"}},
    {"gateway/proxy/client", kBelowProxy + Folders{"gateway/proxy"}},
    {"gateway/admin", {"gateway/base", "gateway/io", "gateway/io/tls", "gateway/http", "gateway/observe"}},
    {"gateway/process", {"gateway/base", "gateway/io", "conf"}},
    {"gateway/worker", kBelowWorker},
    {"gateway/deployment", kBelowDeployment},
    {"gateway/report", kBelowReport},
    {"gateway/control", kBelowControl},
    {"gateway/cli", kBelowCli},
    {"gateway", kBelowCli + Folders{"gateway/cli"}},
};

/// Third-party header, by its beginning → the beginnings and the endings of the files that may include it.
struct ThirdParty {
  std::string_view header;
  std::vector<std::string_view> where;
  std::vector<std::string_view> endings;
};
const std::vector<ThirdParty> kThirdParty = {
    {"uv.h", {"gateway/io/"}, {".h", ".cc"}},
    {"openssl/", {"gateway/io/"}, {".h", ".cc"}},
    {"curl/", {"gateway/io/http_client"}, {".cc"}},
    {"ares.h", {"gateway/io/dns"}, {".cc"}},
    {"zookeeper/", {"discovery/zookeeper/handle"}, {".cc"}},
    {"nlohmann/", {"discovery/"}, {".cc"}},
    {"llhttp.h", {"gateway/http/h1_"}, {".h", ".cc"}},
    {"yaml-cpp/", {"conf/yaml/"}, {".cc"}},
    {"prometheus/", {"gateway/observe/metric_families.h"}, {".h"}},
    {"CLI/", {"gateway/main"}, {".cc"}},
    {"spdlog/",
     {"gateway/main", "gateway/cli/", "gateway/control/", "gateway/deployment/", "gateway/process/"},
     {".cc"}},
};

/// Besides the standard library: what the operating system gives. A name not among these is a third party's.
const std::set<std::string_view> kSystemHeaders = {"dirent.h", "fcntl.h",   "grp.h",   "netdb.h",  "poll.h",
                                                   "pwd.h",    "pthread.h", "sched.h", "signal.h", "stdlib.h",
                                                   "unistd.h", "endian.h",  "time.h"};
const std::vector<std::string_view> kSystemFolders = {"sys/", "netinet/", "arpa/", "net/", "linux/"};

/// Balancers and limiters decide from what they are handed: no sockets, locks, clocks or chance inside.
const std::set<std::string_view> kNotInPureFolders = {
    "condition_variable", "fstream",      "future",     "iostream", "mutex", "random",
    "semaphore",          "shared_mutex", "stop_token", "thread"};

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](auto each) { return text.starts_with(each); });
}

std::optional<std::string> check_own(const std::string& file, std::string_view header) {
  const std::string from = folder_of(file);
  const std::string to = folder_of(header);
  if (header.find('/') == header.npos) return "write the path from the root of the repository";
  if (from == to) return std::nullopt;
  if (!kAllowed.contains(from)) return from + " is not in the table: add it here and in ARCHITECTURE.md";
  if (kAllowed.at(from).contains(to)) return std::nullopt;
  return from + "/ may not include " + to + "/";
}

std::optional<std::string> check_third_party(const std::string& file, std::string_view header, const ThirdParty& rule) {
  const bool in_place = starts_with_any(file, rule.where);
  const bool right_kind =
      std::any_of(rule.endings.begin(), rule.endings.end(), [&](auto e) { return file.ends_with(e); });
  if (in_place && right_kind) return std::nullopt;
  return std::string(header) + " belongs in " + std::string(rule.where.front()) + "*" +
         std::string(rule.endings.back()) + " only";
}

std::optional<std::string> check_angled(const std::string& file, std::string_view header) {
  const std::string folder = folder_of(file);
  const bool pure = folder == "balancers" || folder == "limiters";
  for (const ThirdParty& rule : kThirdParty) {
    if (header.starts_with(rule.header)) return check_third_party(file, header, rule);
  }
  const bool of_system = kSystemHeaders.contains(header) || starts_with_any(header, kSystemFolders);
  if (pure && (of_system || kNotInPureFolders.contains(header))) {
    return folder + "/ is pure: no sockets, locks, clocks or randomness, so no " + std::string(header);
  }
  const bool of_standard_library = header.find_first_of("./") == header.npos;
  if (of_system || of_standard_library) return std::nullopt;
  return std::string(header) + " is of a third party that is not in the table";
}

/// The rule that `line` of `file` (from the root of the repository) breaks, if it is an #include that breaks one.
std::optional<std::string> broken_rule(const std::string& file, std::string_view line) {
  constexpr std::string_view kInclude = "#include ";
  if (!line.starts_with(kInclude) || line.size() < kInclude.size() + 2) return std::nullopt;
  const char opening = line[kInclude.size()];
  const std::string_view rest = line.substr(kInclude.size() + 1);
  const std::string_view header = rest.substr(0, rest.find(opening == '<' ? '>' : '"'));
  return opening == '<' ? check_angled(file, header) : check_own(file, header);
}

std::vector<std::string> broken_rules_in(const std::filesystem::path& root, const std::filesystem::path& file) {
  std::vector<std::string> result;
  const std::string name = file.lexically_relative(root).generic_string();
  std::ifstream stream(file);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (auto rule = broken_rule(name, line)) result.push_back(name + ":" + std::to_string(number) + ": " + *rule);
  }
  return result;
}

std::vector<std::filesystem::path> sources_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> result;
  if (!std::filesystem::exists(folder)) return result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cc") result.push_back(entry.path());
  }
  return result;
}

TEST(IncludeDirections, HoldInTheWholeRepository) {
  const std::filesystem::path root = PENSTOCK_SOURCE_DIR;
  std::size_t files = 0;
  for (const std::string& folder : kTopFolders) {
    for (const auto& file : sources_below(root / folder)) {
      ++files;
      for (const std::string& problem : broken_rules_in(root, file)) ADD_FAILURE() << problem;
    }
  }
  EXPECT_GT(files, 10u) << "found next to nothing to check below " << root;
}

TEST(IncludeDirections, GoDownButNeverUpOrSideways) {
  EXPECT_EQ(broken_rule("gateway/io/stream.h", "#include \"gateway/base/error.h\""), std::nullopt);
  EXPECT_EQ(broken_rule("gateway/io/stream.cc", "#include \"gateway/io/stream.h\""), std::nullopt);
  EXPECT_THAT(broken_rule("gateway/base/error.h", "#include \"gateway/io/stream.h\""),
              Optional(HasSubstr("gateway/base/ may not include gateway/io/")));
  EXPECT_THAT(broken_rule("limiters/gcra.h", "#include \"balancers/balancer.h\""), Optional(HasSubstr("may not")));
}

TEST(IncludeDirections, LetTheMainProgramIncludeEverything) {
  EXPECT_EQ(broken_rule("gateway/main.cc", "#include \"gateway/proxy/exchange.h\""), std::nullopt);
  EXPECT_EQ(broken_rule("gateway/main.cc", "#include <CLI/CLI.hpp>"), std::nullopt);
}

TEST(IncludeDirections, KeepEachThirdPartyInItsPlace) {
  EXPECT_EQ(broken_rule("gateway/io/loop.h", "#include <uv.h>"), std::nullopt);
  EXPECT_THAT(broken_rule("gateway/proxy/exchange.cc", "#include <uv.h>"), Optional(HasSubstr("gateway/io/")));
  EXPECT_EQ(broken_rule("gateway/http/h1_codec.cc", "#include <llhttp.h>"), std::nullopt);
  EXPECT_THAT(broken_rule("gateway/http/message.cc", "#include <llhttp.h>"), Optional(HasSubstr("gateway/http/h1_")));
  EXPECT_THAT(broken_rule("conf/yaml/json.h", "#include <yaml-cpp/yaml.h>"), Optional(HasSubstr("conf/yaml/*.cc")));
  EXPECT_THAT(broken_rule("gateway/io/log.cc", "#include <spdlog/spdlog.h>"), Optional(HasSubstr("gateway/main*.cc")));
}

TEST(IncludeDirections, RefuseThirdPartiesThatNobodyAgreedOn) {
  EXPECT_EQ(broken_rule("gateway/io/socket.cc", "#include <sys/socket.h>"), std::nullopt);
  EXPECT_THAT(broken_rule("gateway/io/socket.cc", "#include <boost/asio.hpp>"), Optional(HasSubstr("third party")));
}

TEST(IncludeDirections, KeepBalancersAndLimitersPure) {
  EXPECT_EQ(broken_rule("limiters/gcra.h", "#include <atomic>"), std::nullopt);
  EXPECT_THAT(broken_rule("limiters/gcra.h", "#include <mutex>"), Optional(HasSubstr("pure")));
  EXPECT_THAT(broken_rule("balancers/random.cc", "#include <sys/random.h>"), Optional(HasSubstr("pure")));
}

TEST(IncludeDirections, AreReadFromIncludeLinesAlone) {
  EXPECT_EQ(broken_rule("gateway/base/error.h", "// #include \"gateway/io/stream.h\""), std::nullopt);
  EXPECT_EQ(broken_rule("gateway/base/error.h", "int x;"), std::nullopt);
}

}  // namespace
