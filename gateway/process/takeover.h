// The new process's side of an upgrade; gateway/process/upgrade.h has the picture.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/loop.h"
#include "gateway/io/message_channel.h"

namespace penstock {

namespace takeover {
inline constexpr std::string_view kReady = "ready\n";  ///< a Successor follows
inline constexpr std::string_view kTake = "take";
inline constexpr std::string_view kTaken = "taken";
}  // namespace takeover

/// Belongs to the control thread.
class Takeover {
 public:
  struct Hooks {
    std::function<void()> take;  ///< the process before has stepped aside: serve at once
    /// It is no more, or wants nothing of us any more: this process was not meant to serve.
    std::function<void()> not_wanted;
  };
  /// `channel`: Inheritance::channel().
  Takeover(io::Loop& loop, int channel, Hooks hooks);

  /// Whoever is waited for may be served from now on. `successor`: Successor::packed().
  void ready(const std::string& successor);
  /// All is served here: the process before may drain, once `settled` says yes or kLongestToSettle has passed. Its end
  /// takes with it what it has in registries: this process must be there by then.
  void taken(std::function<bool()> settled);

  static constexpr Nanos kLongestToSettle = kNanosPerSecond;

 private:
  void heard(const std::string* message);
  void look();

  const Hooks hooks_;
  io::Loop& loop_;
  std::unique_ptr<io::MessageChannel> channel_;
  std::function<bool()> settled_;  ///< null: taken() has not been called
  Nanos patience_ends_ = 0;
  Deadline next_look_ = Deadline::of<&Takeover::look>(this);
};

}  // namespace penstock
