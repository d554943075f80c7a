// How a gateway hands over to the next process. process/upgrade.h has the picture; control/learned what is handed down.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/admin/actions.h"
#include "gateway/control/admin_door.h"
#include "gateway/control/announcements.h"
#include "gateway/control/data_plane.h"
#include "gateway/control/phase.h"
#include "gateway/control/reloads.h"
#include "gateway/io/loop.h"
#include "gateway/observe/metrics.h"
#include "gateway/process/inheritance.h"
#include "gateway/process/program_start.h"
#include "gateway/process/service_manager.h"
#include "gateway/process/upgrade.h"

namespace penstock {

/// Belongs to the control thread. An upgrade and a reload wait for each other.
class Handover {
 public:
  /// All outlive it.
  struct Parts {
    io::Loop& loop;
    const Phase& phase;
    DataPlane& plane;
    Reloads& reloads;
    AdminDoor& admin;
    Announcements& announcements;
    ServiceManager& service_manager;
    const Inheritance& inheritance;  ///< sockets that are lent, and left over
    const ProgramStart& program;     ///< how the next process is started
    std::shared_ptr<io::TicketKeys> tickets;
  };
  struct Hooks {
    /// The next process did not serve after all, and the admin listener was closed for it.
    std::function<void()> open_admin;
    /// It does.
    std::function<void()> taken_over;
  };
  /// `before`: of the processes before.
  Handover(Parts parts, observe::UpgradeMetrics before, Hooks hooks);

  /// Starts the next process.
  admin::Done begin();
  /// This process is to end, and the one that was started with it.
  void call_off() { upgrade_.call_off(); }
  /// What was asked for while a configuration was loaded is done now.
  void reload_over();

  bool under_way() const { return upgrade_.under_way(); }
  const observe::UpgradeMetrics& metrics() const { return metrics_; }
  /// Why the last one failed; empty: none has.
  const std::string& last_error() const { return last_error_; }

 private:
  std::string why_not() const;
  std::vector<HandedSocket> sockets() const;
  void step_aside(const Successor& successor);
  void step_back();
  void taken_over(pid_t successor);
  void failed(const std::string& why);

  const Parts parts_;
  const Hooks hooks_;
  Upgrade upgrade_;
  bool after_reload_ = false;  ///< asked for while one was under way
  observe::UpgradeMetrics metrics_;
  std::string last_error_;
};

}  // namespace penstock
