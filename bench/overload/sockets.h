// Time, sockets and epoll for the two programs of the overload experiment. IPv4 loopback, one thread.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

namespace penstock::overload {

using Nanos = std::int64_t;
constexpr Nanos kSecond = 1'000'000'000;

/// CLOCK_MONOTONIC: the same clock in all processes of the machine.
Nanos now();

/// A non-blocking listening socket on 127.0.0.1 with the longest queue that the system allows. Ends the process, with
/// a message, if the port is taken.
int listen_on(std::uint16_t port);

/// Starts to connect to 127.0.0.1:`port` from the address `source` (host byte order). -1 (errno set) if there is no
/// socket to be had.
int connect_from(std::uint32_t source, std::uint16_t port);

/// Accepts one connection, non-blocking and without Nagle's delay; -1 if there is none.
int accept_one(int listener);

/// Says what failed (errno) and ends the process.
[[noreturn]] void fail(const char* what);

/// epoll, level-triggered, with waits exact to the microsecond or so.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Events of `fd` carry the fd and the tag; closing the fd takes it out. Tags tell a closed fd from its successor.
  void add(int fd, std::uint32_t tag, bool also_writable = false);
  /// From now on only readable.
  void readable_only(int fd, std::uint32_t tag);

  struct Event {
    int fd;
    std::uint32_t tag;
    bool writable;
  };
  /// Waits for events, at the longest until `until`. Valid until the next call.
  std::span<const Event> wait(Nanos until);

 private:
  int epoll_;
  std::vector<epoll_event> raw_;
  std::vector<Event> events_;
};

}  // namespace penstock::overload
