// The old process's side of an upgrade: it starts the program anew, hands it the sockets, and makes way when that is
// ready. Whatever fails before is the new process's end, and nothing else.
//
//     old                                  new
//      │  starts it ──────────────────────► loads the configuration, takes its sockets, finds endpoints
//      │ ◄─────────────────────── "ready"   accepts nothing yet
//   steps aside (admin, registries)
//      │  "take" ─────────────────────────► accepts: nobody has waited but in the kernel's queues
//      │ ◄─────────────────────── "taken"   once it is in its registries, or a second later
//   drains, ends                            is the gateway
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/child_process.h"
#include "gateway/io/loop.h"
#include "gateway/io/message_channel.h"
#include "gateway/process/inheritance.h"
#include "gateway/process/program_start.h"

namespace penstock {

/// What the new process is going to be, as it says when it is ready.
struct Successor {
  std::set<std::string> entries;  ///< in registries: Announcements::entries_of()
  std::set<std::string> sockets;  ///< by name: those that it has taken

  std::string packed() const;
  static Successor unpacked(const std::string& bytes);
};

/// Belongs to the control thread.
class Upgrade {
 public:
  struct Hooks {
    /// The new process is ready. What two can't have at once is given up, without an end of service.
    std::function<void(const Successor&)> step_aside;
    /// It did not take over after all.
    std::function<void()> step_back;
    /// It serves.
    std::function<void(pid_t)> taken_over;
    /// It is no more; this process serves as before.
    std::function<void(const std::string& why)> failed;
  };
  Upgrade(io::Loop& loop, Hooks hooks);
  ~Upgrade();
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  /// Throws std::runtime_error if the program can't be started; then nothing has changed.
  void begin(const ProgramStart& how, const std::vector<HandedSocket>& sockets, KeyValues learned);
  /// From begin() until one of the last two hooks.
  bool under_way() const { return phase_ != Phase::none; }
  /// This process is to end: the new one does, too, without a hook. One that may have begun to serve is asked to drain.
  void call_off();

 private:
  enum class Phase { none, starting, taking };

  void ended(const std::string& end);
  void heard(const std::string* message);
  void is_ready(const std::string& successor);
  void has_taken();
  void took_too_long();
  void fail(const std::string& why);

  io::Loop& loop_;
  const Hooks hooks_;
  Phase phase_ = Phase::none;
  std::unique_ptr<io::ChildProcess> process_;  ///< until it has ended: it must be waited for
  std::unique_ptr<io::MessageChannel> channel_;
  Deadline patience_;
};

}  // namespace penstock
