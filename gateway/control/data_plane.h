// What requests are served by: the workers, the listeners, and one configuration after another.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/siphash.h"
#include "gateway/control/admin_door.h"
#include "gateway/control/served_certificates.h"
#include "gateway/deployment/deployment.h"
#include "gateway/deployment/listeners.h"
#include "gateway/deployment/managed_upstream.h"
#include "gateway/io/loop.h"
#include "gateway/observe/access_log.h"
#include "gateway/worker/worker.h"

namespace penstock {

/// Belongs to the control thread, but for compile().
class DataPlane {
 public:
  struct Secrets {
    std::string sticky;  ///< of sticky cookies, where the configuration has none
    std::string limits;  ///< of the tables of clients
  };
  /// `first`: the configuration that the process starts with; says how many workers there are. `state_dir`: empty:
  /// nothing is kept. `admin` shows a certificate, too. The first two and `admin` outlive it.
  DataPlane(io::Loop& loop, const conf::Config& first, std::string state_dir, Secrets secrets, AdminDoor& admin,
            std::shared_ptr<io::TicketKeys> tickets);

  /// Once, before anything is prepared. `log`: null: no access log. It outlives this.
  void make_workers(observe::AccessLog* log);
  /// Once, when the first configuration is adopted.
  void start_workers();
  /// The loop has ended. Whatever is under way is cut.
  void stop();

  /// Made out of `before`, as far as it is the same; null: out of nothing. Any thread.
  std::shared_ptr<const proxy::Blueprint> compile(const std::shared_ptr<const conf::Config>& config,
                                                  const proxy::Blueprint* before);
  /// What the process before has learned, for what is prepared from now on; null: nothing. It is looked at until the
  /// next call.
  void learn_from(const KeyValues* learned) { house_.learned = learned; }
  /// Opens what the next configuration needs. Throws std::runtime_error; then nothing has changed.
  void open_sockets(const conf::Config& config, Inheritance& inheritance);
  /// The next configuration, whose sockets are open. `from`: for people. `ready`: it may be adopted; once, from the
  /// loop.
  void prepare(Compiled compiled, TlsContextsPtr tls, const std::string& from, std::function<void()> ready);
  /// What is prepared is in force from now on.
  void adopt();

  /// In force; null: none yet.
  const Deployment* current() const { return current_.get(); }
  /// Prepared; null: none.
  const Deployment* next() const { return next_.deployment.get(); }
  const Listeners::Prepared& next_sockets() const { return next_.listeners; }
  const Secrets& secrets() const { return secrets_; }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  Listeners& listeners() { return listeners_; }
  const Listeners& listeners() const { return listeners_; }
  ServedCertificates& certificates() { return certificates_; }
  const ServedCertificates& certificates() const { return certificates_; }

 private:
  void adopt_listeners();
  void tick_limits();
  void tell_refusals();

  /// A configuration on its way into force.
  struct Next {
    std::unique_ptr<Deployment> deployment;  ///< not ready yet
    Listeners::Prepared listeners;
    TlsContextsPtr tls;
    std::string from;
  };

  io::Loop& loop_;
  const unsigned worker_count_;
  const Secrets secrets_;
  const SipKey limits_key_;
  std::vector<std::unique_ptr<Worker>> workers_;
  UpstreamHouse house_;
  Listeners listeners_;
  ServedCertificates certificates_;
  std::unique_ptr<Deployment> current_;
  Next next_;
  Deadline next_limits_tick_;
  Deadline next_refusals_look_;
};

}  // namespace penstock
