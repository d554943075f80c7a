// A server that does not let the gateway in. The real one lets in whoever comes by the digest scheme, so this is
// scripted.
#include <poll.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/discovery/zookeeper_fixture.h"
#include "tests/support/socket.h"

namespace penstock::discovery {
namespace {

using testing::HasSubstr;

/// Begins a session with each connection, and answers with "authentication failed" to whatever comes then.
class RefusingServer {
 public:
  RefusingServer() : thread_([this] { run(); }) {}
  ~RefusingServer() {
    is_over_ = true;
    thread_.join();
  }
  std::string address() const { return e2e::SocketAddress::of(listener_).text(); }
  int sessions() const { return sessions_; }

 private:
  void run() {
    while (!is_over_) {
      pollfd fd{listener_.get(), POLLIN, 0};
      if (::poll(&fd, 1, 5) == 1) serve(e2e::Fd(::accept(listener_.get(), nullptr, nullptr)));
    }
  }
  void serve(const e2e::Fd& connection) {
    // ConnectResponse: length 37, protocol version, timeout of 10 s, session id 1, password of 16 bytes, not read-only.
    std::string session(41, '\0');
    session[3] = 37, session[10] = '\x27', session[11] = '\x10', session[19] = 1, session[23] = 16;
    // ReplyHeader: length 16, xid -4, no zxid, error -115.
    const std::string refusal("\0\0\0\x10\xff\xff\xff\xfc\0\0\0\0\0\0\0\0\xff\xff\xff\x8d", 20);
    constexpr std::size_t kConnectRequest = 49;
    if (!read(connection, kConnectRequest) || !send(connection, session)) return;
    ++sessions_;
    if (read(connection, 1) && send(connection, refusal)) read(connection, std::string::npos);
  }
  /// So many bytes at least; false if the connection ends first.
  bool read(const e2e::Fd& connection, std::size_t least) {
    std::array<char, 4096> ignored;
    for (std::size_t got = 0; got < least;) {
      if (!await(connection)) return false;
      const ssize_t size = ::recv(connection.get(), ignored.data(), ignored.size(), 0);
      if (size <= 0) return false;
      got += static_cast<std::size_t>(size);
    }
    return true;
  }
  static bool send(const e2e::Fd& connection, const std::string& bytes) {
    return ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }
  bool await(const e2e::Fd& connection) {
    pollfd fd{connection.get(), POLLIN, 0};
    while (!is_over_) {
      if (::poll(&fd, 1, 5) == 1) return true;
    }
    return false;
  }

  e2e::Fd listener_ = e2e::listen_on(e2e::SocketAddress::ipv4());
  std::atomic<bool> is_over_ = false;
  std::atomic<int> sessions_ = 0;
  std::thread thread_;
};

class ZooKeeperAuthTest : public ZooKeeperTest {
  void SetUp() override {}  // no real server
};

TEST_F(ZooKeeperAuthTest, FailureIsToldAndTriedAgainMoreAndMoreSeldom) {
  RefusingServer refusing;
  config.servers = {refusing.address()};
  config.auth = {"gateway", "secret"};
  const e2e::Stopwatch stopwatch;
  watch_orders();
  ASSERT_TRUE(run_until([&] { return !orders.failures.empty(); }));
  EXPECT_THAT(orders.failures.front(), HasSubstr("authentication failed"));
  EXPECT_FALSE(registry->status().connected);
  EXPECT_TRUE(run_until([&] { return refusing.sessions() >= 4; }));
  EXPECT_GE(stopwatch.elapsed(), milliseconds(300)) << "three waits of at least 100 ms";
}

}  // namespace
}  // namespace penstock::discovery
