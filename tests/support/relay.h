// A TCP relay that can fall silent: a network that loses everything, without a word to either side.
#pragma once

#include <atomic>
#include <list>
#include <string>
#include <thread>

#include "tests/support/socket.h"

namespace penstock::e2e {

class Relay {
 public:
  explicit Relay(const SocketAddress& target);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::string address() const { return SocketAddress::of(listener_).text(); }
  /// Keeps connections, and passes nothing on.
  void fall_silent() { is_silent_ = true; }
  void speak_again() { is_silent_ = false; }

 private:
  struct Pair {
    Fd client;
    Fd server;
  };
  void run();
  void accept();
  static bool pass_on(const Fd& from, const Fd& to);

  const SocketAddress target_;
  Fd listener_;
  std::list<Pair> pairs_;
  std::atomic<bool> is_silent_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace penstock::e2e
