// One backend connection serves many clients: what is left on it must not be another client's answer.
#include <sys/wait.h>

#include <atomic>

#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kOwned = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nowned";

// CVE-2026-1642 and response queue poisoning.
TEST_F(Hostile, BytesBehindAnAnswerAreNobodysAnswer) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {relayed("a second answer", kAnswer + kOwned, kAnswer), relayed("half of one", kAnswer + "HTTP/1.1 200", kAnswer),
       relayed("any bytes", kAnswer + "x", kAnswer), relayed("an empty line", kAnswer + "\r\n", kAnswer),
       relayed("content beyond the length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there", kAnswer),
       relayed("a late 100", kAnswer + "HTTP/1.1 100 Continue\r\n\r\n", kAnswer),
       relayed("a late 408", kAnswer + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
               kAnswer),
       relayed("behind chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" + kOwned,
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
       relayed("behind close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi" + kOwned,
               kAnswer)});
}

TEST_F(Hostile, AnUnaskedAnswerOnAnIdleConnectionEndsIt) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/after") return exchange.ok("ok");
    exchange.reply(kAnswer);
    exchange.stall();
    exchange.reply(kOwned);
    EXPECT_TRUE(exchange.connection().ends());
    exchange.close();
  });
  EXPECT_EQ(Client(gateway).get("/").body, "hi");
  backend.release();
  ASSERT_TRUE(backend.wait_for_closed(1));
  expect_service(gateway);
}

/// Nothing that happens between construction and destruction is seen by the gateway before the latter, and all at once.
class Frozen {
 public:
  explicit Frozen(Gateway& gateway) : gateway_(gateway) {
    gateway_.signal(SIGSTOP);
    ::waitpid(gateway_.process().pid(), nullptr, WUNTRACED);
  }
  ~Frozen() { gateway_.signal(SIGCONT); }

 private:
  Gateway& gateway_;
};

// The next client's request and the bytes arrive in the same turn of the loop: the answer is older than its question.
TEST_F(Hostile, AnAnswerIsNotOlderThanItsRequest) {
  Gateway gateway(backend);
  std::atomic<int> owned = 0;
  backend.on_request([&](Exchange& exchange) {
    if (exchange.request().target() == "/after") return exchange.ok("ok");
    exchange.reply(kAnswer);
    exchange.stall();
    exchange.reply(kOwned);
    ++owned;
  });
  for (int i = 0; i < 10; ++i) {
    Client other(gateway);
    EXPECT_EQ(Client(gateway).get("/").body, "hi");
    {
      const Frozen frozen(gateway);
      other.send(get("/after"));
      backend.release();
      ASSERT_TRUE(eventually([&] { return owned == i + 1; }));
    }
    EXPECT_EQ(other.response().body, "ok");
  }
}

TEST_F(Hostile, AConnectionWithHalfARequestIsNotUsedAgain) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) { exchange.ok("ok"); });
  for (int i = 0; i < 5; ++i) {
    Client client(gateway);
    client.send(post_with("Content-Length: 100\r\n", "part"));
    EXPECT_EQ(client.response().body, "ok");
    expect_service(gateway);
  }
  for (const Message& request : backend.take_requests()) EXPECT_THAT(request.target(), testing::AnyOf("/", "/after"));
}

TEST_F(Hostile, AnAnswerThatIsCutShortIsNotContinuedByTheNext) {
  Gateway gateway(backend);
  for (const std::string& answer : {std::string("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\npart"),
                                    std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\npart")}) {
    backend.on_request([answer](Exchange& exchange) {
      if (exchange.request().target() == "/after") return exchange.ok("ok");
      exchange.reply(answer);
      exchange.stall();
    });
    Client leaving(gateway);
    leaving.send(get("/"));
    EXPECT_EQ(leaving.head().status(), 200);
    leaving.close();
    expect_service(gateway);
    backend.release();
  }
}

}  // namespace
}  // namespace penstock::e2e
