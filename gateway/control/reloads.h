// From the wish for another configuration to its being in force: by a signal, a registry's key, or an engineer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/admin/actions.h"
#include "gateway/control/config_centre.h"
#include "gateway/control/config_origin.h"
#include "gateway/control/config_store.h"
#include "gateway/control/data_plane.h"
#include "gateway/control/phase.h"
#include "gateway/deployment/reloader.h"
#include "gateway/io/loop.h"
#include "gateway/observe/metrics.h"
#include "gateway/process/inheritance.h"
#include "gateway/process/service_manager.h"

namespace penstock {

/// Belongs to the control thread.
class Reloads {
 public:
  /// All outlive it.
  struct Parts {
    io::Loop& loop;
    const Phase& phase;
    DataPlane& plane;
    ServiceManager& service_manager;
    Inheritance& inheritance;  ///< has sockets that are lent, for listeners to come
    const conf::Config& first;
    const ConfigOrigin& origin;
    const std::string& state_dir;
    std::shared_ptr<io::TicketKeys> tickets;
  };
  struct Hooks {
    /// Whether an upgrade is under way. Then nothing is loaded until it is over.
    std::function<bool()> upgrading;
    /// Another configuration is in force.
    std::function<void()> in_force;
    /// What was asked for is done, or given up; more may have been asked for since.
    std::function<void()> over;
  };
  Reloads(Parts parts, Hooks hooks);

  /// The first configuration is in force. `from`: for people, where it is from. A key is watched from now on.
  void begin(const std::string& text, const std::string& from);
  /// Loads it anew, from where it comes from.
  void reload();
  /// Loads one of those that were in force before.
  admin::Done roll_back(const std::string& version);
  /// The upgrade has failed: what was asked for meanwhile is done now.
  void upgrade_failed();
  /// Another process serves; whether it has to load the configuration, which this one was asked to do.
  bool leave_to_successor();

  bool busy() const { return reloader_.busy(); }
  const observe::ReloadMetrics& metrics() const { return metrics_; }
  /// For the service manager: what is served.
  std::string status() const;

 private:
  void load(Reloader::Load load);
  void loaded(Reloader::Outcome outcome);
  void adopt();
  void failed(const std::string& why);
  void over();
  void keep(std::string text);
  void watch_key(const std::string& known);

  const Parts parts_;
  const Hooks hooks_;
  Reloader reloader_;
  const std::shared_ptr<ConfigStore> store_;  ///< shared with writes under way
  std::unique_ptr<ConfigCentre> centre_;      ///< null: the configuration is a file
  std::string from_;                          ///< for people: where the one in force is from
  std::string next_text_, next_from_;         ///< of the one on its way there
  bool after_upgrade_ = false;                ///< asked for while one was under way
  observe::ReloadMetrics metrics_;
};

}  // namespace penstock
