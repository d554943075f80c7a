#include "gateway/io/listener.h"

#include <sys/resource.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/io/loop_fixture.h"

namespace penstock::io {
namespace {

class ListenerTest : public LoopTest {
 protected:
  std::vector<Peer> accepted;
  std::vector<PeerAddress> from;

  std::unique_ptr<Listener> listen(const SocketAddress& address) {
    return std::make_unique<Listener>(
        loop, address,
        [this](int fd, const PeerAddress& peer) {
          accepted.emplace_back(fd);
          from.push_back(peer);
        },
        [](int error) { ADD_FAILURE() << error; });
  }
  std::unique_ptr<Listener> listen() { return listen(SocketAddress::from_ip("127.0.0.1", 0).value()); }
  Peer connect(const SocketAddress& to) {
    const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, to.raw(), to.size()), 0);
    return Peer(fd);
  }
};

TEST_F(ListenerTest, AcceptsAndSaysWhoItIs) {
  const auto listener = listen();
  const Peer client = connect(listener->address());
  ASSERT_TRUE(run_until([&] { return accepted.size() == 1; }));
  EXPECT_EQ(from[0].port, SocketAddress::local_of(client.fd()).port());
  EXPECT_EQ((std::vector<int>{from[0].ip.begin() + 10, from[0].ip.end()}),
            (std::vector<int>{0xff, 0xff, 127, 0, 0, 1}));
  EXPECT_NE(::fcntl(accepted[0].fd(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ListenerTest, TwoMayShareAnAddress) {
  const auto first = listen();
  const auto second = listen(first->address());
  std::vector<Peer> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(connect(first->address()));
  EXPECT_TRUE(run_until([&] { return accepted.size() == clients.size(); }));
}

TEST_F(ListenerTest, AnAddressThatIsTakenIsNotFree) {
  const auto listener = listen();
  EXPECT_THROW(ListeningSocket::check_free(listener->address()), std::runtime_error);
  const auto [bound, address] = bound_socket(true);
  EXPECT_THROW(ListeningSocket::check_free(address), std::runtime_error);
  EXPECT_THROW(listen(address), std::runtime_error);
}

TEST_F(ListenerTest, AnAddressIsFreeOnceTheListenerIsDropped) {
  auto listener = listen();
  const SocketAddress address = listener->address();
  listener.reset();
  turn();
  EXPECT_NO_THROW(ListeningSocket::check_free(address));
  EXPECT_NO_THROW(ListeningSocket::check_free(address.with_port(0)));
}

TEST_F(ListenerTest, AnAddressThatIsNotOursIsNamed) {
  try {
    listen(SocketAddress::from_ip("192.0.2.1", 80).value());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "bind 192.0.2.1:80: Cannot assign requested address");
  }
}

TEST_F(ListenerTest, PendingConnectionsCanBeTakenBeforeItGoes) {
  auto listener = listen();
  const Peer client = connect(listener->address());
  listener->accept_pending();
  EXPECT_EQ(accepted.size(), 1u);
  listener.reset();
  turn();
}

TEST_F(ListenerTest, AUnixSocketsFileGoesWithIt) {
  char folder[] = "/tmp/penstock-listener-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  {
    const auto listener = listen(SocketAddress::from_unix(path).value());
    const Peer client = connect(listener->address());
    EXPECT_TRUE(run_until([&] { return accepted.size() == 1; }));
    EXPECT_EQ(from[0].ip, PeerAddress{}.ip);
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  ::rmdir(folder);
}

/// Lets the process open no further descriptor while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit none = {static_cast<rlim_t>(next), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(ListenerTest, WithoutDescriptorsItWaitsAndTriesAgain) {
  // Nothing of the fixture is used meanwhile: a sanitizer that checks its type would open a pipe to do so.
  Loop& turns = loop;
  std::vector<int> failed;
  int taken = -1;
  const Listener listener(
      loop, SocketAddress::from_ip("127.0.0.1", 0).value(), [&](int fd, const PeerAddress&) { taken = fd; },
      [&](int error) { failed.push_back(error); });
  const Peer client = connect(listener.address());
  {
    const NoDescriptors none;
    for (int i = 0; i < 100; ++i) uv_run(turns.raw(), UV_RUN_NOWAIT);
  }
  EXPECT_EQ(failed, std::vector<int>{EMFILE});  // not one for each turn
  EXPECT_TRUE(run_until([&] { return taken >= 0; }));
  Peer(taken).close();
}

}  // namespace
}  // namespace penstock::io
