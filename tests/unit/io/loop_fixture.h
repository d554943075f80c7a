// A loop that turns on the test's own thread, and peers that are plain sockets.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/address.h"
#include "gateway/io/loop.h"
#include "gateway/io/stream.h"

namespace penstock::io {

class LoopTest : public testing::Test {
 protected:
  Loop loop;

  /// One turn, without waiting. What was written before is sent.
  void turn() { uv_run(loop.raw(), UV_RUN_NOWAIT); }
  /// Turns the loop until the condition holds; false if it doesn't within 10 s.
  template <class Condition>
  bool run_until(Condition condition) {
    late_ = false;
    loop.arm(guard_, 10 * kNanosPerSecond);
    while (!condition() && !late_) uv_run(loop.raw(), UV_RUN_ONCE);
    guard_.cancel();
    return condition();
  }

 private:
  bool late_ = false;
  Deadline guard_{[](void* late) { *static_cast<bool*>(late) = true; }, &late_};
};

/// The other end of a stream. Owns its descriptor.
class Peer {
 public:
  explicit Peer(int fd = -1) : fd_(fd) {}
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Peer& operator=(Peer&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~Peer() { close(); }

  void send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  /// What has come, at most one packet of a packet socket; "(nothing)", "(end)" or "(reset)" if there is no more.
  std::string receive() {
    static char buffer[256 << 10];
    const ssize_t size = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size > 0) return {buffer, static_cast<std::size_t>(size)};
    return size == 0 ? "(end)" : errno == ECONNRESET ? "(reset)" : "(nothing)";
  }
  int fd() const { return fd_; }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger hard = {1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

/// Two connected local sockets: a non-blocking one for a stream, and its peer. Of packets: each send() is one recv().
inline std::pair<int, Peer> local_pair(int type = SOCK_STREAM) {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  return {fds[0], Peer(fds[1])};
}

/// A TCP socket bound to a free port of the loopback, which it doesn't listen on yet.
inline std::pair<Peer, SocketAddress> bound_socket(bool listening = false) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto any = SocketAddress::from_ip("127.0.0.1", 0);
  EXPECT_EQ(::bind(fd, any->raw(), any->size()), 0);
  if (listening) {
    EXPECT_EQ(::listen(fd, 8), 0);
  }
  return {Peer(fd), SocketAddress::local_of(fd)};
}

/// The same over TCP, where a connection can be reset.
inline std::pair<int, Peer> tcp_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto any = SocketAddress::from_ip("127.0.0.1", 0);
  EXPECT_EQ(::bind(listener, any->raw(), any->size()), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  const SocketAddress address = SocketAddress::local_of(listener);
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(peer, address.raw(), address.size()), 0);
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_GE(fd, 0);
  ::close(listener);
  return {fd, Peer(peer)};
}

/// Notes what a stream tells.
struct Recorder final : StreamHandler {
  std::string bytes;
  int connected = 0;
  int eof = 0;
  int error = 0;  ///< errno value
  int errors = 0;
  int congested = 0;
  int drained = 0;
  StreamPtr* close_in_any = nullptr;  ///< dropped by the first callback

  void on_connected() override { ++connected, called(); }
  void on_bytes(std::string_view b) override { bytes += b, called(); }
  void on_eof() override { ++eof, called(); }
  void on_error(int e) override { error = e, ++errors, called(); }
  void on_congested() override { ++congested, called(); }
  void on_drained() override { ++drained, called(); }

 private:
  void called() {
    if (close_in_any) close_in_any->reset();
  }
};

}  // namespace penstock::io
