// The control thread: everything that is not a request.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "conf/config.h"
#include "gateway/control/admin_door.h"
#include "gateway/control/announcements.h"
#include "gateway/control/config_origin.h"
#include "gateway/control/data_plane.h"
#include "gateway/control/gateway_pages.h"
#include "gateway/control/handover.h"
#include "gateway/control/phase.h"
#include "gateway/control/reloads.h"
#include "gateway/control/shutdown.h"
#include "gateway/control/watchdog.h"
#include "gateway/io/loop.h"
#include "gateway/io/signals.h"
#include "gateway/observe/access_log.h"
#include "gateway/process/inheritance.h"
#include "gateway/process/privileges.h"
#include "gateway/process/program_start.h"
#include "gateway/process/service_manager.h"
#include "gateway/process/takeover.h"

namespace penstock {

/// Runs one configuration after another until a signal ends it. TERM and QUIT drain, a second one or INT stops at once,
/// HUP loads the configuration anew, USR1 reopens logs, USR2 hands over to a new process.
class Gateway {
 public:
  struct Start {
    std::shared_ptr<const conf::Config> config;
    std::shared_ptr<const UpstreamTls> upstream_tls;
    std::string text;       ///< of the configuration, as it was read
    ConfigOrigin origin;    ///< where it is read again
    std::string from;       ///< for people: where this one is from
    std::string state_dir;  ///< empty: nothing is kept over restarts
    std::shared_ptr<io::TicketKeys> tickets;
    TlsContextsPtr tls;    ///< the configuration's
    ProgramStart program;  ///< how to start the next process
    Inheritance inheritance;
  };
  explicit Gateway(Start start);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Opens the listeners, serves, and returns when all is over. Throws std::runtime_error if it can't start.
  void run();

 private:
  // ---- the start, in this order
  std::optional<Account> whom_to_become() const;
  // `account`: whom root is given up for; null: nobody.
  void open_log(const Account* account);
  void make_state_dir(const Account* account) const;
  void open_sockets(const Account* account);
  void leave_root(const Account& account) const;
  void prepare();
  void prepared();
  void begin_serving();
  void open_admin();

  // ---- signals
  void on_signal(int signal);
  void told_to_end();
  void drain();
  void taken_over();

  // Constant, but for what is taken of the inheritance.
  Inheritance inheritance_;
  const Start start_;
  const conf::Config& first_;  ///< the configuration that the process was started with

  observe::DurationHistogram loop_lag_;
  io::Loop loop_;
  Phase phase_ = Phase::starting;
  std::unique_ptr<observe::AccessLog> access_log_;  ///< null: there is none
  ServiceManager service_manager_;
  AdminDoor admin_;
  DataPlane plane_;
  Announcements announcements_;
  Reloads reloads_;
  Handover handover_;
  Shutdown shutdown_;
  GatewayPages pages_;
  std::unique_ptr<io::Signals> signals_;
  std::unique_ptr<Watchdog> watchdog_;  ///< null: nobody asks
  std::unique_ptr<Takeover> takeover_;  ///< null: there is no process before
};

}  // namespace penstock
