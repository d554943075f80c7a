// The floor of the headline benchmark: copies bytes between each client and a backend connection of its own, and parses
// nothing. One thread, epoll, IPv4 loopback. Usage: relay LISTEN_PORT BACKEND_PORT
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int kMaxFd = 65536;

sockaddr_in loopback(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

[[noreturn]] void fail(const char* what) {
  perror(what);
  std::exit(1);
}

int listen_on(const char* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (listen(fd, 4096) != 0) fail("listen");
  return fd;
}

int connect_to(const char* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  return fd;
}

void watch(int epoll, int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int epoll = epoll_create1(0);
  const int listener = listen_on(argv[1]);
  watch(epoll, listener);
  std::vector<int> other(kMaxFd, -1);
  std::vector<epoll_event> events(1024);
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int from = events[static_cast<std::size_t>(i)].data.fd;
      if (from == listener) {
        const int client = accept(listener, nullptr, nullptr);
        const int backend = connect_to(argv[2]);
        other[static_cast<std::size_t>(client)] = backend;
        other[static_cast<std::size_t>(backend)] = client;
        watch(epoll, client);
        watch(epoll, backend);
        continue;
      }
      const int to = other[static_cast<std::size_t>(from)];
      if (to < 0) continue;  // its pair was closed earlier in this turn
      const ssize_t size = recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
      // Blocking on purpose: at most one small message is under way on a connection.
      if (size > 0 && send(to, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size) continue;
      other[static_cast<std::size_t>(from)] = other[static_cast<std::size_t>(to)] = -1;
      close(from);
      close(to);
    }
  }
}
