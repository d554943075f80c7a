// What systemd hears of the gateway, and what it hands to it.
#include <sys/ptrace.h>

#include <filesystem>
#include <fstream>

#include "tests/support/fixture.h"
#include "tests/support/notify_socket.h"
#include "tests/support/successor.h"

namespace penstock::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ServiceManagerTest : public H1ToH1 {
 protected:
  std::string yaml(const Additions& additions = {}) { return gateway_yaml(backend.address(), additions); }
  NotifySocket notify;
};

TEST_F(ServiceManagerTest, HearsOfStartReloadAndEndInThisOrder) {
  Gateway gateway(yaml(), {notify.variable()});
  EXPECT_THAT(notify.wait_for("STATUS=serving").front(), HasSubstr("READY=1"));
  EXPECT_TRUE(gateway.reload(yaml()));
  const auto reload = notify.wait_for("READY=1", 1);
  EXPECT_THAT(reload.at(1), AllOf(HasSubstr("RELOADING=1"), HasSubstr("MONOTONIC_USEC=")));
  EXPECT_THAT(reload.at(2), HasSubstr("READY=1"));
  gateway.signal(SIGTERM);
  EXPECT_THAT(notify.wait_for("STOPPING=1", 3).at(3), HasSubstr("STATUS=draining"));
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(ServiceManagerTest, HearsWhoseServiceItIsAfterAnUpgrade) {
  Gateway gateway(yaml(), {notify.variable()});
  gateway.signal(SIGUSR2);
  Successor successor(gateway);
  notify.wait_for("MAINPID=" + std::to_string(successor.pid()));
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(notify.count("STOPPING=1"), 0u);
  successor.signal(SIGTERM);
  notify.wait_for("STOPPING=1");
  EXPECT_EQ(successor.exit_code(), 0);
}

TEST_F(ServiceManagerTest, HearsSignsOfLifeOnlyWhileAllWorkersTurn) {
  Gateway gateway(yaml({.top = "workers: 2\n"}), {notify.variable(), "WATCHDOG_USEC=400000"});
  const auto signs = [&] { return notify.count("WATCHDOG=1"); };
  EXPECT_TRUE(eventually([&] { return signs() > 3; }));
  int worker = 0;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(gateway.process().pid()) + "/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name == "worker-1") worker = std::stoi(task.path().filename());
  }
  if (::ptrace(PTRACE_SEIZE, worker, 0, 0) != 0) GTEST_SKIP() << "threads can't be stopped here";
  ::ptrace(PTRACE_INTERRUPT, worker, 0, 0);
  EXPECT_TRUE(gateway.process().err().wait_for("1 workers don't turn"));
  const std::size_t before = signs();
  EXPECT_FALSE(eventually([&] { return signs() > before; }, milliseconds(1000)));
  ::ptrace(PTRACE_DETACH, worker, 0, 0);
  EXPECT_TRUE(eventually([&] { return signs() > before; }));
}

TEST_F(ServiceManagerTest, ItsSocketsAreTakenByAddressAndSharedByTheWorkers) {
  const TempDir directory;
  const Fd listener = listen_on(SocketAddress::ipv4());
  const SocketAddress address = SocketAddress::of(listener);
  const int inherited = must(::dup(listener.get()), "dup");
  directory.write("start", "#!/bin/bash\nexec 3<&" + std::to_string(inherited) +
                               "\nexport LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web\nexec " PENSTOCK_BINARY
                               " \"$@\"\n");
  fs::permissions(directory.path("start"), fs::perms::owner_all);
  const std::string config = directory.write(
      "penstock.yaml", "workers: 2\ndrain_grace: off\nadmin: off\nlisteners: [{ bind: \"" + address.text() +
                           "\" }]\nroutes: [{ match: { path: /ping }, respond: { status: 200, body: pong } }]\n");
  Client early(address);  // waits in the queue
  Gateway gateway(Gateway::Arguments{{"-c", config}, directory.path("start")});
  ::close(inherited);
  EXPECT_EQ(early.get("/ping").body, "pong");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Client(address).get("/ping").body, "pong");
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  early.close();
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(Client(address).get("/ping").body, "pong");
}

}  // namespace
}  // namespace penstock::e2e
