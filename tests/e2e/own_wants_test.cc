// What the machine lacks is nobody's failure: here, local ports. Each test has a network of its own.
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;

class OwnWants : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can make a network";
    outer_ = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no network can be made here: " << std::strerror(errno);
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    ASSERT_EQ(::ioctl(socket.get(), SIOCSIFFLAGS, &loopback), 0);
  }
  void TearDown() override {
    if (outer_.get() >= 0) ::setns(outer_.get(), CLONE_NEWNET);
  }
  /// For new connections, whoever makes them. There is one, and it is taken.
  void leave_no_port() {
    taken_ = listen_on(SocketAddress::ipv4());
    const std::string port = std::to_string(SocketAddress::of(taken_).port());
    set_ports(port + " " + port);
  }
  static void leave_many_ports() { set_ports("32768 60999"); }

 private:
  static void set_ports(const std::string& range) {
    std::ofstream("/proc/sys/net/ipv4/ip_local_port_range") << range << "\n";
  }

  Fd outer_;
  Fd taken_;
};

TEST_F(OwnWants, WithoutAPortNoEndpointHasFailedNeitherARequestNorACheck) {
  Fleet fleet(1);
  Gateway gateway(fleet.yaml({.upstream = "circuit_breaker: { min_requests: 2 }, outlier: { consecutive_failures: 1 }, "
                                          "health_check: { interval: 50ms, unhealthy_after: 1 }"}));
  Client client(gateway), page(gateway.admin_port());
  const auto endpoint = [&](const char* member) { return json_member(page.get("/upstreams").body, member); };
  const auto is_healthy = [&] { return page.get("/upstreams").body.find("\"healthy\"") != std::string::npos; };
  ASSERT_TRUE(eventually(is_healthy));
  leave_no_port();
  for (int i = 0; i < 10; ++i) {
    const Message answer = client.get("/");
    expect_problem(answer, 502, "connect_failed");
    EXPECT_THAT(answer.body, HasSubstr("the gateway has no port or memory for a connection"));
  }
  EXPECT_FALSE(eventually([&] { return !is_healthy(); }, milliseconds(300)));
  EXPECT_EQ(endpoint("failures_total"), "0");
  EXPECT_EQ(endpoint("circuit_breaker"), "closed");
  leave_many_ports();
  EXPECT_EQ(client.get("/").status(), 200);
  fleet.kill(0);
  EXPECT_TRUE(eventually([&] { return !is_healthy(); })) << "checks go on";
}

}  // namespace
}  // namespace penstock::e2e
