// The harness against itself: a client and a backend without a gateway between them.
#include <poll.h>
#include <sys/socket.h>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class Harness : public ::testing::Test {
 protected:
  Client connect() { return Client(SocketAddress::ipv4(port())); }
  std::uint16_t port() { return static_cast<std::uint16_t>(std::stoi(backend.address().substr(10))); }
  Backend backend;
};

TEST_F(Harness, KeepsTheBytesOfARequest) {
  Client client = connect();
  EXPECT_EQ(client.ask(post("/a", "hello")).body, "ok");
  EXPECT_EQ(backend.request().raw, post("/a", "hello"));
  EXPECT_EQ(backend.received(0), post("/a", "hello"));
}

TEST_F(Harness, ReadsChunksAndTrailers) {
  backend.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 4\r\n\r\n");
  const Message answer = connect().get("/");
  EXPECT_EQ(answer.body, "abcd");
  EXPECT_EQ(answer.trailers.get("x-sum"), "4");
  EXPECT_TRUE(answer.complete);
}

TEST_F(Harness, KnowsATruncatedBody) {
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    exchange.close();
  });
  const Message answer = connect().get("/");
  EXPECT_EQ(answer.body, "half");
  EXPECT_FALSE(answer.complete);
}

TEST_F(Harness, GathersInterimAnswers) {
  backend.answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok_response("done"));
  const Message answer = connect().get("/");
  ASSERT_EQ(answer.interim.size(), 1u);
  EXPECT_EQ(answer.interim[0]["Link"], "</a>");
  EXPECT_EQ(answer.body, "done");
}

TEST_F(Harness, SendsPiecesApart) {
  backend.on_connection([](Connection& connection) {
    EXPECT_EQ(connection.read_some(), "one");
    EXPECT_EQ(connection.read_some(), "two");
    connection.send("both");
  });
  Client client = connect();
  client.send_apart("one", "two");
  EXPECT_EQ(client.read_to_end(), "both");
}

TEST_F(Harness, SeesAReset) {
  backend.on_request([](Exchange& exchange) { exchange.reset(); });
  Client client = connect();
  client.send(get("/"));
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(client.was_reset());
}

TEST_F(Harness, HoldsABackendUntilItIsReleased) {
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok("late");
  });
  Client client = connect();
  client.send(get("/"));
  EXPECT_TRUE(client.stays_quiet(milliseconds(20)));
  backend.release();
  EXPECT_EQ(client.response().body, "late");
}

TEST_F(Harness, SeesAClientLeave) {
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client client = connect();
  client.send(get("/"));
  backend.request();
  client.close();
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST(HarnessPorts, OneRefusesAndOneKeepsSilent) {
  const RefusedPort refused;
  const SilentPort silent;
  EXPECT_THROW(Client{refused.number()}, HarnessError);
  const auto port = static_cast<std::uint16_t>(std::stoi(silent.address().substr(10)));
  const Fd socket(must(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
  const SocketAddress address = SocketAddress::ipv4(port);
  EXPECT_EQ(::connect(socket.get(), address.raw(), address.length()), -1);
  pollfd waits{socket.get(), POLLOUT, 0};
  EXPECT_EQ(::poll(&waits, 1, 100), 0) << "neither connected nor refused";
}

TEST(HarnessProcess, SeesOutputAndExitCode) {
  Process process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(process.exit_code(), 3);
  EXPECT_EQ(process.out().all(), "out\n");
  EXPECT_EQ(process.err().all(), "err\n");
}

TEST(HarnessProcess, TellsTheSignalThatEndedIt) {
  Process process({"sh", "-c", "echo up; exec cat /dev/zero > /dev/null"});
  EXPECT_TRUE(process.out().wait_for("up"));
  process.signal(SIGTERM);
  EXPECT_EQ(process.exit_code(), -SIGTERM);
}

TEST(HarnessProcess, TellsWhatItsThreadsDo) {
  Process process({"sh", "-c", "echo up; exec sleep 60"});
  EXPECT_TRUE(process.out().wait_for("up"));
  EXPECT_TRUE(eventually([&] { return process.threads().find("(sleep) S user") != std::string::npos; }))
      << process.threads();
}

TEST(HarnessJson, FindsMembers) {
  const std::string line = R"({"path":"/a,b","status":200,"last":1.5})";
  EXPECT_EQ(json_member(line, "path"), "/a,b");
  EXPECT_EQ(json_member(line, "status"), "200");
  EXPECT_EQ(json_member(line, "last"), "1.5");
  EXPECT_EQ(json_member(line, "none"), "");
}

}  // namespace
}  // namespace penstock::e2e
