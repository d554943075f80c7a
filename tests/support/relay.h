// A TCP relay that can fall silent, as a network that loses everything without a word to either side; or take the
// target's place, and lie.
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

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
  /// Cuts all connections; whoever connects and says something gets these bytes, and an end.
  void lie(std::string bytes) { change(std::move(bytes)); }
  /// Cuts all connections, and passes on from now on.
  void be_honest() { change(std::nullopt); }

 private:
  struct Pair {
    Fd client;
    Fd server;
  };
  void change(std::optional<std::string> lie);
  void run();
  void obey();
  void accept();
  bool fool(const Fd& client) const;
  static bool pass_on(const Fd& from, const Fd& to);

  const SocketAddress target_;
  Fd listener_;
  std::list<Pair> pairs_;  ///< without a server while it lies
  std::optional<std::string> lie_;
  std::mutex mutex_;  ///< of the two below
  std::optional<std::string> next_lie_;
  bool is_to_change_ = false;
  std::atomic<bool> is_silent_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace penstock::e2e
