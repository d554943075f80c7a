#include "bench/overload/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace penstock::overload {
namespace {

sockaddr_in address_of(std::uint32_t address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(address);
  return result;
}

void set(int fd, int level, int option) {
  const int on = 1;
  if (setsockopt(fd, level, option, &on, sizeof on) != 0) fail("setsockopt");
}

std::uint64_t pack(int fd, std::uint32_t tag) {
  return std::uint64_t{tag} << 32 | static_cast<std::uint32_t>(fd);
}

}  // namespace

Nanos now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

void fail(const char* what) {
  perror(what);
  std::exit(1);
}

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  set(fd, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = address_of(INADDR_LOOPBACK, port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(fd, 65'535) != 0) fail("listen");
  return fd;
}

int connect_from(std::uint32_t source, std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  set(fd, IPPROTO_TCP, TCP_NODELAY);
  set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);  // ports are scarce by pair of addresses, not by address
  const sockaddr_in from = address_of(source, 0), to = address_of(INADDR_LOOPBACK, port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
      (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS)) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int accept_one(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE) fail("accept");
    return -1;
  }
  set(fd, IPPROTO_TCP, TCP_NODELAY);
  return fd;
}

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), raw_(1024) {
  if (epoll_ < 0) fail("epoll_create1");
}

Poller::~Poller() {
  close(epoll_);
}

void Poller::add(int fd, std::uint32_t tag, bool also_writable) {
  epoll_event event{.events = also_writable ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.u64 = pack(fd, tag)}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void Poller::readable_only(int fd, std::uint32_t tag) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = pack(fd, tag)}};
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) fail("epoll_ctl");
}

std::span<const Poller::Event> Poller::wait(Nanos until) {
  const Nanos left = std::max<Nanos>(0, until - now());
  const timespec timeout{.tv_sec = left / kSecond, .tv_nsec = left % kSecond};
  const int count = epoll_pwait2(epoll_, raw_.data(), static_cast<int>(raw_.size()), &timeout, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  events_.clear();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = raw_[static_cast<std::size_t>(i)];
    events_.push_back({static_cast<int>(event.data.u64 & 0xffff'ffff), static_cast<std::uint32_t>(event.data.u64 >> 32),
                       (event.events & EPOLLOUT) != 0});
  }
  return events_;
}

}  // namespace penstock::overload
