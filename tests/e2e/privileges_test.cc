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

// Started as root the program followed links that the account itself had put in place of its log and its state
// directory, wrote there, and gave away what they led to: CVE-2016-1247's kind. The account's directory is `home`.
class PrivilegesBesideLinks : public Privileges {
 protected:
  void SetUp() override {
    Privileges::SetUp();
    if (IsSkipped()) return;
    std::filesystem::create_directories(directory.path("home"));
    std::filesystem::create_directories(directory.path("roots/sub"));
    directory.write("roots/sub/file", "root's\n");
    ASSERT_EQ(::chown(directory.path("home").c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(::chmod(directory.path("roots/sub/file").c_str(), 0600), 0);
  }

  void link(const std::string& name, const std::string& to) const {
    std::filesystem::create_symlink(directory.path(to), directory.path(name));
    ASSERT_EQ(::lchown(directory.path(name).c_str(), kNobody, kNobody), 0);
  }

  /// Nothing of root's has changed hands, or has been written to.
  void expect_untouched() const {
    for (const char* name : {"roots", "roots/sub", "roots/sub/file"}) EXPECT_EQ(owner_of(directory.path(name)), 0u);
    EXPECT_EQ(directory.read("roots/sub/file"), "root's\n");
  }

  Finished refused(const std::string& top) const {
    return run_penstock({"-c", directory.write("penstock.yaml", yaml("user: nobody\n" + top))}, kEnvironment);
  }
};

TEST_F(PrivilegesBesideLinks, ALinkOfTheAccountsInPlaceOfTheLogLeadsNoFurtherThanTheAccount) {
  link("home/access.log", "roots/sub/file");
  const Finished result = refused("access_log: " + directory.path("home/access.log") + "\n");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot open the access log"));
  expect_untouched();
}

/// The directory is root's, and anybody may put something into it.
TEST_F(PrivilegesBesideLinks, ALinkInADirectoryThatAnybodyMayWriteToIsNotFollowed) {
  std::filesystem::create_directories(directory.path("public"));
  ASSERT_EQ(::chmod(directory.path("public").c_str(), 0777), 0);
  link("public/access.log", "roots/sub/file");
  EXPECT_EQ(refused("access_log: " + directory.path("public/access.log") + "\n").exit_code, 1);
  expect_untouched();
}

TEST_F(PrivilegesBesideLinks, AnotherNameForRootsFileIsNoLogOfTheAccounts) {
  std::filesystem::create_hard_link(directory.path("roots/sub/file"), directory.path("home/access.log"));
  EXPECT_EQ(refused("access_log: " + directory.path("home/access.log") + "\n").exit_code, 1);
  expect_untouched();
}

TEST_F(PrivilegesBesideLinks, ALinkedDirectoryMakesNoLogWhereRootAloneMay) {
  link("home/log", "roots");
  EXPECT_EQ(refused("access_log: " + directory.path("home/log/cron.log") + "\n").exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(directory.path("roots/cron.log")));
}

TEST_F(PrivilegesBesideLinks, ALinkOfTheAccountsInPlaceOfTheStateDirectoryGivesNothingAway) {
  link("home/state", "roots");
  Gateway gateway(started_with("user: nobody\nstate_dir: " + directory.path("home/state") + "\n"), kEnvironment);
  EXPECT_TRUE(gateway.process().err().wait_for("the configuration can't be kept on disk"));
  expect_untouched();
}

TEST_F(PrivilegesBesideLinks, AStateDirectoryIsNotMadeWhereALinkOfTheAccountsLeads) {
  link("home/var", "roots");
  Gateway gateway(started_with("user: nobody\nstate_dir: " + directory.path("home/var/state") + "\n"), kEnvironment);
  EXPECT_FALSE(std::filesystem::exists(directory.path("roots/state")));
}

TEST_F(PrivilegesBesideLinks, NoFileOfRootsMakesRoomForASocket) {
  link("home/run", "roots/sub");
  std::string text = yaml("user: nobody\n");
  text.replace(text.find("127.0.0.1:0"), 11, "unix:" + directory.path("home/run/file"));
  EXPECT_EQ(run_penstock({"-c", directory.write("penstock.yaml", text)}, kEnvironment).exit_code, 1);
  expect_untouched();
}

TEST_F(PrivilegesBesideLinks, LinksThatRootAloneCanPlaceAreFollowed) {
  std::filesystem::create_symlink(directory.path("home"), directory.path("log"));
  Gateway gateway(started_with("user: nobody\naccess_log: " + directory.path("log/access.log") + "\n"), kEnvironment);
  EXPECT_EQ(owner_of(directory.path("home/access.log")), kNobody);
}

TEST_F(PrivilegesBesideLinks, WhatWasThereBeforeStaysRootsAndIsToldOf) {
  directory.write("old.log", "");
  std::filesystem::create_directories(directory.path("state/config"));
  Gateway gateway(started_with("user: nobody\nstate_dir: " + directory.path("state") +
                               "\naccess_log: " + directory.path("old.log") + "\n"),
                  kEnvironment);
  EXPECT_EQ(owner_of(directory.path("old.log")), 0u);
  EXPECT_EQ(owner_of(directory.path("state")), 0u);
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("old.log was root's before, and stays so"));
}

TEST_F(PrivilegesBesideLinks, AConfigurationThatTheAccountMayHaveWrittenIsNotTakenByRoot) {
  std::filesystem::create_directories(directory.path("home/config"));
  directory.write("home/config/000001.yaml", "# penstock: now from there\n" + yaml(""));
  Process program({PENSTOCK_BINARY, "-c", "etcd:127.0.0.1:1/penstock", "--state-dir", directory.path("home")});
  EXPECT_TRUE(program.err().wait_for("so no configuration is taken from it"));
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
