// One upstream's endpoints from a registry: what the registry tells goes through discovery/last_good.h, and comes out
// as snapshots.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "discovery/host_names.h"
#include "discovery/last_good.h"
#include "discovery/list_saver.h"
#include "discovery/registry.h"
#include "discovery/saved_list.h"
#include "discovery/snapshot.h"
#include "gateway/base/deadline_wheel.h"

namespace penstock::discovery {

/// What there is to see of a service.
struct ServiceStatus {
  std::string upstream;
  std::string registry;
  std::string service;
  Freshness freshness = Freshness::unknown;
  Nanos heard_at = 0;  ///< steady; 0: never
  std::uint64_t version = 0;
  std::size_t endpoints = 0;
  std::size_t suspect_removals = 0;  ///< endpoints that the registry took away and that are used on; 0: no suspect
  Nanos suspect_since = 0;
  std::uint64_t suspects_total = 0;
  std::string last_error;
  std::uint64_t errors = 0;
};

/// Lives on the control thread. Publishes at most every 100 ms, and less often where publishing is dear.
class Service final : private ServiceSink {
 public:
  struct Hooks {
    std::function<void(SnapshotPtr)> publish;
    /// Whether an endpoint (by its address's text) is known to be unusable: such ones may go without further question.
    std::function<bool(const std::string& address)> unusable;
    /// How many requests the upstream's endpoints have answered, and checks passed, so far: those that answer are not
    /// gone, whatever the registry says.
    std::function<std::uint64_t()> answers;
    /// The first answer is there, or there won't be one for now. Once; never from within the constructor.
    std::function<void()> settled;
    std::function<void(const std::string& message)> log;
  };

  /// `registry` outlives it. `state_dir` may be empty. What was saved there is published before this returns.
  Service(io::Loop& loop, Registry& registry, std::string upstream, const conf::Discover& what,
          const std::string& state_dir, Hooks hooks);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// An engineer says that the registry is right. False: there is no suspect.
  bool accept_suspect();
  ServiceStatus status() const;

 private:
  // ---- ServiceSink
  void listed(ServiceList list) override;
  void failed(const std::string& told) override;

  void restore();
  void note_suspect(bool was_suspect);
  std::string suspicion() const;
  void look_at_suspect();
  void names_changed();
  void publish_soon();
  void publish();
  void settle();
  void save_soon();
  void save();
  void was_saved(const std::string& error);
  SavedList to_be_saved() const;

  io::Loop& loop_;
  const std::string upstream_;
  const conf::Discover what_;
  const std::string path_;  ///< where the list is saved; empty: nowhere
  const Hooks hooks_;
  HostNames names_;
  LastGood last_good_;
  std::uint64_t version_ = 0;
  std::size_t endpoints_ = 0;
  std::uint64_t suspects_ = 0;
  std::uint64_t errors_ = 0;
  std::string last_error_;
  bool settled_ = false;
  Nanos publish_not_before_ = 0;
  Nanos save_not_before_ = 0;
  Nanos ask_not_before_ = 0;                ///< to confirm a suspect
  std::uint64_t answers_ = 0;               ///< of endpoints, when the suspect was looked at last
  std::optional<std::uint64_t> saved_ = 0;  ///< the version of what was believed; nullopt: it was not saved
  std::string save_error_;                  ///< of the last save; empty: it worked
  ListSaver saver_;
  Deadline next_publish_;
  Deadline next_look_;
  Deadline next_save_;
  Deadline give_up_;
  std::unique_ptr<Watch> watch_;  ///< last: it may call the sink until it is gone
};

}  // namespace penstock::discovery
