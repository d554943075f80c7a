// `user`: started as root, the program is somebody else by the time that it serves.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

// A process that has changed its user can't be looked at by the leak checker.
const std::vector<std::string> kEnvironment = {"ASAN_OPTIONS=detect_leaks=0"};

class Privileges : public H1ToH1 {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    std::filesystem::permissions(std::filesystem::path(directory.path("")),
                                 std::filesystem::perms::others_exec | std::filesystem::perms::owner_all);
  }

  std::string yaml(const std::string& top) const { return gateway_yaml(backend.address(), {.top = top}); }
  Gateway::Arguments started_with(const std::string& top) const {
    return {{"-c", directory.write("penstock.yaml", yaml(top))}};
  }

  /// The values of a field of /proc/PID/task/*/status, each once.
  static std::set<std::string> of_all_threads(Gateway& gateway, const std::string& field) {
    std::set<std::string> values;
    const std::string tasks = "/proc/" + std::to_string(gateway.process().pid()) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      std::ifstream status(task.path() / "status");
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) values.insert(line.substr(line.find_first_not_of(" \t", field.size() + 1)));
      }
    }
    return values;
  }

  static unsigned owner_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_uid : ~0u;
  }

  const TempDir directory;
};

constexpr unsigned kNobody = 65534;  // Debian's

TEST_F(Privileges, AreGivenUpByEveryThread) {
  Gateway gateway(started_with("user: nobody\nworkers: 2\n"), kEnvironment);
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(of_all_threads(gateway, "Uid"), std::set<std::string>{"65534\t65534\t65534\t65534"});
  EXPECT_EQ(of_all_threads(gateway, "Gid"), std::set<std::string>{"65534\t65534\t65534\t65534"});
  for (const char* set : {"CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"})
    EXPECT_EQ(of_all_threads(gateway, set), std::set<std::string>{"0000000000000000"}) << set;
  EXPECT_EQ(of_all_threads(gateway, "NoNewPrivs"), std::set<std::string>{"1"});
  EXPECT_THAT(gateway.process().err().text(), Not(HasSubstr("running as root")));
}

TEST_F(Privileges, AGroupCanBeNamed) {
  Gateway gateway(started_with("user: nobody:daemon\n"), kEnvironment);
  EXPECT_EQ(of_all_threads(gateway, "Gid"), std::set<std::string>{"1\t1\t1\t1"});
}

TEST_F(Privileges, WhatIsWrittenToBelongsToTheAccount) {
  const std::string state = directory.path("state"), log = directory.path("access.log");
  Gateway gateway(started_with("user: nobody\nstate_dir: " + state + "\naccess_log: " + log + "\n"), kEnvironment);
  EXPECT_EQ(owner_of(state), kNobody);
  EXPECT_EQ(owner_of(log), kNobody);
  EXPECT_TRUE(eventually([&] { return owner_of(state + "/config/000001.yaml") == kNobody; }));
}

TEST_F(Privileges, WhatIsSomebodyElsesAlreadyStaysAsItIs) {
  const std::string state = directory.path("state");
  std::filesystem::create_directories(state);
  directory.write("state/planted", "root's");
  ASSERT_EQ(::chown(state.c_str(), kNobody, kNobody), 0);
  Gateway gateway(started_with("user: nobody\nstate_dir: " + state + "\n"), kEnvironment);
  EXPECT_EQ(owner_of(state + "/planted"), 0u);
}

TEST_F(Privileges, AReloadForALowPortSaysWhatIsWrong) {
  Gateway gateway(started_with("user: nobody\n"), kEnvironment);
  std::string text = yaml("user: nobody\n");
  text.replace(text.find("127.0.0.1:0"), 11, "127.0.0.7:81");
  directory.write("penstock.yaml", text);
  gateway.signal(SIGHUP);
  ASSERT_TRUE(gateway.process().err().wait_for("the one in force stays: bind 127.0.0.7:81: Permission denied (ports"));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
}

TEST_F(Privileges, ThatAreKeptAreWarnedOf) {
  Gateway gateway(yaml(""));
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("running as root"));
}

TEST_F(Privileges, AnAccountThatDoesNotExistIsFoundByTheCheck) {
  for (const char* user : {"penstock-nobody-has-this", "nobody:penstock-nobody-has-this"}) {
    const std::string file = directory.write("penstock.yaml", yaml("user: " + std::string(user) + "\n"));
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"-t", "-c", file}, {"-c", file}}) {
      const Finished result = run_penstock(arguments);
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_THAT(result.err, HasSubstr("penstock-nobody-has-this"));
    }
  }
}

}  // namespace
}  // namespace penstock::e2e
