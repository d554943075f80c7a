// The access log as it is written.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class AccessLog : public H1ToH1 {
 protected:
  const TempDir directory;
};

TEST_F(AccessLog, TellsWhatHappened) {
  Gateway gateway(backend);
  backend.answer(ok_response("hello"));
  Client(gateway).ask(post("/a?b=1", "abc", "User-Agent: test/1\r\n"));
  const std::string line = gateway.access_line();
  EXPECT_EQ(json_member(line, "method"), "POST");
  EXPECT_EQ(json_member(line, "path"), "/a?b=1");
  EXPECT_EQ(json_member(line, "host"), "test.example");
  EXPECT_EQ(json_member(line, "status"), "200");
  EXPECT_EQ(json_member(line, "route"), "all");
  EXPECT_EQ(json_member(line, "upstream"), "app");
  EXPECT_EQ(json_member(line, "peer"), backend.address());
  EXPECT_EQ(json_member(line, "client_ip"), "127.0.0.1");
  EXPECT_EQ(json_member(line, "bytes_in"), "3");
  EXPECT_EQ(json_member(line, "bytes_out"), "5");
  EXPECT_EQ(json_member(line, "tries"), "1");
  EXPECT_EQ(json_member(line, "user_agent"), "test/1");
}

TEST_F(AccessLog, HasOneLineForEachRequest) {
  Gateway gateway(backend);
  Client client(gateway);
  for (int i = 0; i < 20; ++i) client.get("/" + std::to_string(i));
  const std::vector<std::string> lines = gateway.access_log(20);
  ASSERT_EQ(lines.size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(json_member(lines[i], "path"), "/" + std::to_string(i));
}

TEST_F(AccessLog, IsJsonWhateverAClientSends) {
  if (!is_installed("python3")) GTEST_SKIP() << "python3 is not installed";
  Gateway gateway(backend);
  Client(gateway).get("/", "User-Agent: \"quoted\" \\ \xff \xc3\xa9\r\nReferer: a\tb\r\n");
  Client(gateway).ask("\x01\x02 nonsense \xfe\r\n\r\n");
  const std::string file = directory.write("lines", gateway.access_log(2)[0] + "\n" + gateway.access_log(2)[1] + "\n");
  Process python({"python3", "-c", "import json,sys; [json.loads(line) for line in open(sys.argv[1])]", file});
  EXPECT_EQ(python.exit_code(), 0) << python.err().all();
}

TEST_F(AccessLog, HidesCredentials) {
  Gateway gateway(backend);
  Client(gateway).get("/?token=s3cret&a=1", "Authorization: Bearer s3cret\r\nCookie: session=s3cret\r\n");
  EXPECT_THAT(gateway.access_line(), testing::HasSubstr("a=1"));
  EXPECT_THAT(gateway.access_line(), testing::Not(testing::HasSubstr("s3cret")));
  EXPECT_EQ(backend.request()["Authorization"], "Bearer s3cret");
}

TEST_F(AccessLog, GoesToAFileThatUsr1OpensAgain) {
  Gateway gateway(backend, {.top = "access_log: { path: " + directory.path("access.log") + " }\n"});
  Client client(gateway);
  client.get("/before");
  EXPECT_TRUE(eventually([&] { return directory.read("access.log").find("/before") != std::string::npos; }));
  std::filesystem::rename(directory.path("access.log"), directory.path("access.old"));
  gateway.signal(SIGUSR1);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(directory.path("access.log")); }));
  client.get("/after");
  EXPECT_TRUE(eventually([&] { return directory.read("access.log").find("/after") != std::string::npos; }));
  EXPECT_THAT(directory.read("access.old"), testing::Not(testing::HasSubstr("/after")));
}

TEST_F(AccessLog, SpeaksTheCombinedFormat) {
  Gateway gateway(backend, {.top = "access_log: { path: stdout, format: combined }\n"});
  Client(gateway).get("/a", "User-Agent: test/1\r\n");
  const std::string line = gateway.access_line();
  EXPECT_THAT(line, testing::StartsWith("127.0.0.1 - - ["));
  EXPECT_THAT(line, testing::HasSubstr("\"GET /a HTTP/1.1\" 200 2 \"-\" \"test/1\""));
}

TEST_F(AccessLog, IsOffUnlessAskedFor) {
  Gateway gateway(backend, {.top = "access_log: off\n"});
  Client(gateway).get("/");
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(gateway.process().out().all(), "");
}

}  // namespace
}  // namespace penstock::e2e
