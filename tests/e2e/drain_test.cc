// How the gateway stops.
#include <atomic>
#include <thread>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class Drain : public H1ToH1 {
 protected:
  void stall_answers() {
    backend.on_request([](Exchange& exchange) {
      if (exchange.request().target() == "/quick") return exchange.ok("quick");
      exchange.stall();
      exchange.ok("finished");
    });
  }
  /// A client whose request the backend holds.
  Client waiting_client(Gateway& gateway) {
    Client client(gateway);
    client.send(get("/"));
    backend.request();
    return client;
  }
  static bool accepts(const Gateway& gateway) {
    try {
      Client client(gateway);
      return true;
    } catch (const HarnessError&) {
      return false;
    }
  }
};

TEST_F(Drain, AnIdleGatewayLeavesAtOnce) {
  for (const int signal : {SIGTERM, SIGQUIT, SIGINT}) {
    Gateway gateway(backend);
    gateway.signal(signal);
    EXPECT_EQ(gateway.process().exit_code(), 0);
  }
}

TEST_F(Drain, RequestsUnderWayAreFinished) {
  Gateway gateway(backend);
  stall_answers();
  Client client = waiting_client(gateway);
  gateway.signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !accepts(gateway); }));
  backend.release();
  const Message answer = client.response();
  EXPECT_EQ(answer.body, "finished");
  EXPECT_EQ(answer["Connection"], "close");
  EXPECT_TRUE(client.ends());
  client.close();
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, IdleConnectionsAreClosed) {
  Gateway gateway(backend);
  stall_answers();
  Client busy = waiting_client(gateway);
  Client idle(gateway);
  EXPECT_EQ(idle.get("/quick").body, "quick");
  gateway.signal(SIGTERM);
  EXPECT_TRUE(idle.ends());
  backend.release();
  EXPECT_EQ(busy.response().body, "finished");
}

TEST_F(Drain, AStreamUnderWayIsFinished) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    exchange.stall();
    exchange.reply("later");
  });
  Client client(gateway);
  client.send(get("/"));
  client.head();
  gateway.signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !accepts(gateway); }));
  backend.release();
  EXPECT_EQ(client.read_to_end(), "firstlater");
  client.close();
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, ASecondTermIsQuick) {
  Gateway gateway(backend);
  stall_answers();
  Client client = waiting_client(gateway);
  gateway.signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !accepts(gateway); }));
  EXPECT_TRUE(gateway.process().is_running());
  gateway.signal(SIGTERM);
  EXPECT_TRUE(gateway.process().exit_code().has_value());
}

TEST_F(Drain, IntDoesNotWaitForRequests) {
  Gateway gateway(backend);
  stall_answers();
  Client client = waiting_client(gateway);
  gateway.signal(SIGINT);
  EXPECT_TRUE(gateway.process().exit_code().has_value());
}

TEST_F(Drain, TheDeadlineEndsIt) {
  Gateway gateway(backend, {.top = "drain_timeout: 200ms\n"});
  stall_answers();
  Client client = waiting_client(gateway);
  const Stopwatch watch;
  gateway.signal(SIGTERM);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_GE(watch.elapsed(), milliseconds(180));
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, ADrainingGatewayIsNotReady) {
  Gateway gateway(backend);
  stall_answers();
  Client client = waiting_client(gateway);
  EXPECT_EQ(gateway.admin("/readyz").status(), 200);
  gateway.signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return gateway.admin("/readyz").status() == 503; }));
  EXPECT_EQ(gateway.admin("/livez").status(), 200);
  backend.release();
  EXPECT_EQ(client.response().body, "finished");
}

TEST_F(Drain, DuringTheGraceAllIsServedAsBeforeButNotReady) {
  Gateway gateway(backend, {.top = "drain_grace: 300s\n"});
  Client client(gateway);
  gateway.signal(SIGTERM);
  EXPECT_TRUE(gateway.process().err().wait_for("leaving"));
  EXPECT_EQ(gateway.admin("/readyz").status(), 503);
  EXPECT_EQ(client.get("/")["Connection"], "");
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, AfterTheGraceComesTheDrain) {
  Gateway gateway(backend, {.top = "drain_grace: 100ms\n"});
  stall_answers();
  Client client = waiting_client(gateway);
  gateway.signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !accepts(gateway); }));
  backend.release();
  EXPECT_EQ(client.response()["Connection"], "close");
  client.close();
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, AConnectionThatWasJustMadeMayAskLate) {
  Gateway gateway(backend);
  Client client(gateway);
  Client old(gateway);
  old.get("/");
  gateway.signal(SIGTERM);
  EXPECT_TRUE(old.ends());  // half a second later
  EXPECT_EQ(client.get("/")["Connection"], "close");
  EXPECT_TRUE(client.ends());
  client.close();
  old.close();
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, TunnelsEndByTheDeadline) {
  Gateway gateway(backend, {.top = "drain_timeout: 200ms\n"});
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    exchange.await_close();
  });
  Client client(gateway);
  client.send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_EQ(client.head().status(), 101);
  const Stopwatch watch;
  gateway.signal(SIGTERM);
  EXPECT_TRUE(client.ends());
  EXPECT_GE(watch.elapsed(), milliseconds(180));
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Drain, TheLogIsWrittenToTheEnd) {
  Gateway gateway(backend);
  Client client(gateway);
  for (int i = 0; i < 100; ++i) client.get("/");
  client.close();
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(gateway.access_log(100).size(), 100u);
}

// Nothing that was accepted may fail: the bar of "kill -TERM under load", in small.
TEST_F(Drain, ClientsThatKeepAskingLoseNothing) {
  Gateway gateway(backend, {.top = "workers: 2\n"});
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Client client(gateway);
      for (bool open = true; open;) {
        try {
          client.send(get("/"));
          const Message answer = client.response();
          if (answer.body == "ok")
            ++answered;
          else
            ++lost;
          open = answer["Connection"] != "close";
        } catch (const Ended&) {
          open = false;  // closed while idle: the request was never accepted
        }
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return answered > 200; }));
  gateway.signal(SIGTERM);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(backend.request_count(), static_cast<std::size_t>(answered)) << "what was done, and told to nobody";
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

}  // namespace
}  // namespace penstock::e2e
