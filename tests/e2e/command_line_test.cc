// The program's command line.
#include <filesystem>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class CommandLine : public ::testing::Test {
 protected:
  std::string write(const std::string& yaml) { return directory.write("penstock.yaml", yaml); }
  const std::string good = gateway_yaml("127.0.0.1:9001");
  const TempDir directory;
};

TEST_F(CommandLine, ChecksAGoodFile) {
  const Finished result = run_penstock({"-t", "-c", write(good)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(CommandLine, TellsWhereAMisspeltKeyIs) {
  const std::string file = write("workerz: 1\n" + good);
  const Finished result = run_penstock({"-t", "-c", file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out + result.err, HasSubstr(file + ":1:1: "));
  EXPECT_THAT(result.out + result.err, HasSubstr("did you mean"));
}

TEST_F(CommandLine, TellsAllProblemsAtOnce) {
  const std::string file = write("workerz: 1\nworkers: 0\n" + good.substr(good.find("listeners")));
  const Finished result = run_penstock({"-t", "-c", file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out + result.err, HasSubstr(file + ":1:1: "));
  EXPECT_THAT(result.out + result.err, HasSubstr(file + ":2:10: "));
}

TEST_F(CommandLine, DoesNotStartWithAProblem) {
  const Finished result = run_penstock({"-c", write("workerz: 1\n" + good)});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("workerz"));
}

TEST_F(CommandLine, AKeyOfAnUnknownRegistryIsNoFile) {
  const Finished result = run_penstock({"-t", "-c", "zookeeper://gateway:swordfish@127.0.0.1:1/penstock"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("zookeeper://***@127.0.0.1:1/penstock: must be a file, or a key of zk:, consul:"));
}

TEST_F(CommandLine, TellsOfAKeyWithoutItsPassword) {
  const std::string server = "etcd://gateway:swordfish@127.0.0.1:1/";
  const Finished keyless = run_penstock({"-t", "-c", server});
  EXPECT_EQ(keyless.exit_code, 1);
  EXPECT_THAT(keyless.err, HasSubstr("etcd://***@127.0.0.1:1/: there is no key"));
  // With a configuration from before it is not waited for long.
  std::filesystem::create_directories(directory.path("config"));
  directory.write("config/000001.yaml", "# penstock: now from there\n" + good);
  Process program({PENSTOCK_BINARY, "-c", server + "penstock", "--state-dir", directory.path("")});
  EXPECT_TRUE(program.err().wait_for("can't be read, the configuration in force stays"));
  EXPECT_THAT(program.err().text(), HasSubstr("etcd://***@127.0.0.1:1/penstock"));
  EXPECT_THAT(program.err().text(), Not(HasSubstr("swordfish")));
}

TEST_F(CommandLine, CheckingOpensNoSocket) {
  const Fd taken = listen_on(SocketAddress::ipv4());
  std::string yaml = good;
  yaml.replace(yaml.find("127.0.0.1:0"), 11, SocketAddress::of(taken).text());
  EXPECT_EQ(run_penstock({"-t", "-c", write(yaml)}).exit_code, 0);
}

TEST_F(CommandLine, DoesNotStartOnAPortThatIsTaken) {
  const Fd taken = listen_on(SocketAddress::ipv4());
  std::string yaml = good;
  yaml.replace(yaml.find("127.0.0.1:0"), 11, SocketAddress::of(taken).text());
  const Finished result = run_penstock({"-c", write(yaml)});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr(SocketAddress::of(taken).text()));
}

TEST_F(CommandLine, PrintsTheEffectiveConfiguration) {
  const Finished result = run_penstock({"-T", "-c", write(good)});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("first_byte: 15s"));
  EXPECT_EQ(run_penstock({"-t", "-c", write(result.out)}).exit_code, 0) << result.out;
}

TEST_F(CommandLine, ExpandsTheEnvironment) {
  const std::string file =
      write(gateway_yaml("127.0.0.1:9001", {.top = "drain_timeout: \"${PENSTOCK_TEST_DRAIN}\"\n"
                                                   "log: { level: \"${PENSTOCK_TEST_LEVEL:-warn}\" }\n"}));
  const Finished set = run_penstock({"-T", "-c", file}, {"PENSTOCK_TEST_DRAIN=7s"});
  EXPECT_THAT(set.out, HasSubstr("7s"));
  EXPECT_THAT(set.out, HasSubstr("warn"));
  EXPECT_EQ(run_penstock({"-t", "-c", file}).exit_code, 1) << "the variable is not set";
}

TEST_F(CommandLine, PrintsItsVersion) {
  const Finished result = run_penstock({"-v"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("penstock"));
  EXPECT_THAT(result.out, testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(CommandLine, AnUnknownFlagIsAnError) {
  const Finished result = run_penstock({"--surprise"});
  EXPECT_GT(result.exit_code, 0);
  EXPECT_THAT(result.out + result.err, HasSubstr("--surprise"));
}

TEST_F(CommandLine, NoFileIsAnError) {
  const Finished result = run_penstock({"-t"});
  EXPECT_GT(result.exit_code, 0);
  EXPECT_NE(result.out + result.err, "");
}

TEST_F(CommandLine, AMissingFileIsAnError) {
  const Finished result = run_penstock({"-t", "-c", directory.path("nothing.yaml")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out + result.err, HasSubstr("nothing.yaml"));
}

}  // namespace
}  // namespace penstock::e2e
