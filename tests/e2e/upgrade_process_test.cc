// A new process takes over from a running one.
#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/http_call.h"
#include "tests/support/successor.h"

namespace penstock::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Clients that ask all the time, on old connections and new ones.
class Load {
 public:
  explicit Load(const Gateway& gateway) {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this, &gateway] { run([&] { keep_asking(gateway); }); });
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this, &gateway] { run([&] { ask_anew(gateway); }); });
    threads_.emplace_back([this, &gateway] { run([&] { answered_ += gateway.admin("/livez").status() == 200; }); });
  }
  ~Load() { stop(); }

  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  /// Waits for some hundred answers more.
  bool goes_on() {
    const int wanted = answered_ + 300;
    return eventually([&] { return answered_ >= wanted || failed_ > 0; });
  }
  int failed() const { return failed_; }
  std::string what_failed() {
    const std::lock_guard lock(mutex_);
    return what_;
  }

 private:
  template <class Once>
  void run(Once once) {
    while (!stop_) {
      try {
        once();
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        what_ = error.what();
        ++failed_;
        return;
      }
    }
  }
  void ask_anew(const Gateway& gateway) {
    Client client(gateway);
    ask(client);
  }
  Message ask(Client& client) {
    Message answer = client.get("/");
    ++(answer.body == "ok" ? answered_ : failed_);
    return answer;
  }
  void keep_asking(const Gateway& gateway) {
    Client client(gateway);
    while (!stop_) {
      try {
        if (ask(client)["Connection"] == "close") return;
      } catch (const Ended&) {
        return;  // closed while it was idle for long: this thread had not run
      }
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::atomic<int> failed_{0};
  std::mutex mutex_;
  std::string what_;
  std::vector<std::thread> threads_;
};

class UpgradeProcess : public H1ToH1 {
 protected:
  std::string yaml(const Additions& additions = {}) { return gateway_yaml(backend.address(), additions); }
  static std::string pid_of(const Gateway& gateway) { return json_member(gateway.admin("/process").body, "pid"); }
  static Message tell(const Gateway& gateway, std::string_view what) {
    return http_call(gateway.admin_port(), "POST", what);
  }
  static std::string failures(const Gateway& gateway) {
    return json_member(gateway.admin("/process").body, "upgrades_failed");
  }
};

TEST_F(UpgradeProcess, TheNewOneServesOnTheSamePortsAndTheOldOneEnds) {
  Gateway gateway(yaml());
  EXPECT_EQ(pid_of(gateway), std::to_string(gateway.process().pid()));
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(pid_of(gateway), std::to_string(successor.pid()));
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
  EXPECT_THAT(gateway.admin("/metrics").body, HasSubstr("penstock_upgrades_total{result=\"success\"} 1"));
}

// The bar of "20 upgrades under load", in small.
TEST_F(UpgradeProcess, UnderLoadNothingFailsAndNothingIsRefused) {
  Gateway gateway(yaml({.top = "workers: 2\n"}));
  Load load(gateway);
  EXPECT_TRUE(load.goes_on());
  gateway.signal(SIGUSR2);
  Successor first(gateway);
  EXPECT_TRUE(load.goes_on());
  first.signal(SIGUSR2);
  const Successor second(gateway, 2);
  EXPECT_TRUE(load.goes_on());
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.what_failed();
  EXPECT_EQ(first.exit_code(), 0);
}

TEST_F(UpgradeProcess, RequestsUnderWayEndInTheOldOne) {
  Gateway gateway(yaml());
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/quick") return exchange.ok("quick");
    exchange.stall();
    exchange.ok("finished");
  });
  Client client(gateway);
  client.send(get("/"));
  backend.request();
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  EXPECT_EQ(Client(gateway).get("/quick").body, "quick");
  EXPECT_TRUE(gateway.process().is_running());
  backend.release();
  EXPECT_EQ(client.response().body, "finished");
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(UpgradeProcess, TheProgramAtThePathIsStartedAndABrokenOneLeavesTheOldOne) {
  const TempDir directory;
  const std::string program = directory.path("penstock");
  fs::create_symlink(PENSTOCK_BINARY, program);
  const std::string config = directory.write("penstock.yaml", yaml());
  Gateway gateway(Gateway::Arguments{{"-c", config}, program});
  for (const char* broken : {"/bin/false", "/nowhere"}) {
    const std::string before = failures(gateway);
    fs::remove(program);
    fs::create_symlink(broken, program);
    gateway.signal(SIGUSR2);
    EXPECT_TRUE(eventually([&] { return failures(gateway) != before; })) << broken;
    EXPECT_EQ(Client(gateway).get("/").body, "ok") << broken;
  }
  EXPECT_THAT(gateway.admin("/metrics").body, HasSubstr("penstock_upgrades_total{result=\"failure\"} 2"));
  fs::remove(program);
  fs::create_symlink(PENSTOCK_BINARY, program);
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

TEST_F(UpgradeProcess, ABadConfigurationLeavesTheOldOneAsItWas) {
  Gateway gateway(yaml());
  gateway.rewrite("listeners: nonsense\n");
  const Finished told =
      run_penstock({"upgrade", "--admin", "http://127.0.0.1:" + std::to_string(gateway.admin_port())});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_THAT(told.err, HasSubstr("serves on: it ended with exit code 1"));
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, "ok");
  EXPECT_EQ(client.get("/").body, "ok");
  EXPECT_EQ(pid_of(gateway), std::to_string(gateway.process().pid()));
}

TEST_F(UpgradeProcess, TheCommandWaitsForTheOutcome) {
  Gateway gateway(yaml());
  const Finished told =
      run_penstock({"upgrade", "--admin", "http://127.0.0.1:" + std::to_string(gateway.admin_port())});
  const Successor successor(gateway);
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("process " + std::to_string(successor.pid()) + " has taken over"));
}

TEST_F(UpgradeProcess, OneAtATimeAndTheEndOfTheOldOneEndsIt) {
  const TempDir directory;
  const std::string program = directory.path("penstock");
  fs::create_symlink(PENSTOCK_BINARY, program);
  Gateway gateway(Gateway::Arguments{{"-c", directory.write("penstock.yaml", yaml())}, program});
  fs::remove(program);
  directory.write("penstock", "#!/bin/sh\nexec sleep 1000\n");
  fs::permissions(program, fs::perms::owner_all);
  EXPECT_EQ(tell(gateway, "/upgrade").status(), 200);
  EXPECT_EQ(tell(gateway, "/upgrade").status(), 409);
  EXPECT_THAT(gateway.admin("/metrics").body, HasSubstr("penstock_upgrade_under_way 1"));
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(UpgradeProcess, ListenersAreThoseOfTheNewConfiguration) {
  const TempDir directory;
  const auto with = [&](const std::string& listeners) {
    return "workers: 2\ndrain_grace: off\nadmin: { bind: \"127.0.0.1:0\" }\nlisteners: [" + listeners +
           "]\nroutes: [{ match: { path: /ping }, respond: { status: 200, body: pong } }]\n";
  };
  const std::string stays = "{ bind: \"127.0.0.1:0\" }", goes = "{ bind: \"127.0.0.2:0\" }",
                    comes = "{ bind: \"127.0.0.3:0\" }";
  const std::string local = "{ bind: \"unix:" + directory.path("socket") + "\" }";
  Gateway gateway(with(stays + "," + goes + "," + local));
  const auto gone = SocketAddress::ipv4(gateway.port(1));
  gateway.rewrite(with(stays + "," + comes + "," + local));
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(Client(gateway.port(0)).get("/ping").body, "pong");
  EXPECT_EQ(Client(SocketAddress::unix_path(directory.path("socket"))).get("/ping").body, "pong");
  EXPECT_THROW(Client{gone}, HarnessError);
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("listening on http://127.0.0.3:"));
}

TEST_F(UpgradeProcess, NoSocketIsLeftAloneWhateverTheNumberOfWorkers) {
  Gateway gateway(yaml({.top = "workers: 3\n"}));
  const auto all_are_served = [&] {
    for (int i = 0; i < 40; ++i) EXPECT_EQ(Client(gateway).get("/").body, "ok");
  };
  gateway.rewrite(yaml({.top = "workers: 1\n"}));
  gateway.signal(SIGUSR2);
  Successor fewer(gateway);
  EXPECT_EQ(gateway.process().exit_code(), 0);
  all_are_served();
  gateway.rewrite(yaml({.top = "workers: 5\n"}));
  fewer.signal(SIGUSR2);
  const Successor more(gateway, 2);
  EXPECT_EQ(fewer.exit_code(), 0);
  all_are_served();
}

TEST_F(UpgradeProcess, WhatClientsWouldFeelIsRemembered) {
  const RefusedPort refused;
  const std::string limit = "limits: [{ fixed_window: { limit: 1, window: 1h }, key: \"header:X-Key\" }]";
  Gateway gateway(gateway_yaml({"\"" + backend.address() + "\"", "\"" + refused.address() + "\""},
                               {.routes = "- { id: few, match: { path: /few }, upstream: app, " + limit + " }\n" +
                                          "- { id: simple, match: { path: /simple }, upstream: app, " +
                                          "fallback: { respond: { status: 203, body: simple } } }\n"}));
  const auto status = [&](const char* path, const char* key) {
    return Client(gateway).get(path, "X-Key: " + std::string(key) + "\r\n").status();
  };
  const auto ejected = [&] { return gateway.admin("/upstreams").body.find("\"ejected\"") != std::string::npos; };
  EXPECT_TRUE(eventually([&] { return status("/", "") == 200 && ejected(); }));
  EXPECT_EQ(status("/few", "a"), 200);
  EXPECT_EQ(tell(gateway, "/routes/degrade?route=simple&on=true").status(), 200);
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  EXPECT_TRUE(ejected());
  EXPECT_EQ(status("/few", "a"), 429);
  EXPECT_EQ(status("/few", "b"), 200);
  EXPECT_EQ(status("/simple", ""), 203);
}

TEST_F(UpgradeProcess, AReloadThatIsAskedForMeanwhileIsTheNewOnes) {
  Gateway gateway(yaml());
  EXPECT_EQ(tell(gateway, "/upgrade").status(), 200);
  gateway.signal(SIGHUP);
  const Successor successor(gateway);
  EXPECT_TRUE(gateway.process().err().wait_for("the new configuration is in force"));
}

TEST_F(UpgradeProcess, WaitsForAReloadThatIsUnderWay) {
  Gateway gateway(yaml());
  EXPECT_EQ(tell(gateway, "/config/reload").status(), 200);
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

}  // namespace
}  // namespace penstock::e2e
