// The new process's side of an upgrade; gateway/upgrade.h has the picture.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

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
  /// All is served here: the process before may drain.
  void taken();

 private:
  void heard(const std::string* message);

  const Hooks hooks_;
  std::unique_ptr<io::MessageChannel> channel_;
};

}  // namespace penstock
