// What is believed of one service: the last good list, whatever the registry does.
//
//                listed                     failed
//   unknown ───────────────→ fresh ─────────────────→ stale          Lists are never cleared by failures.
//      │                      ↑ └──────── listed ───────┘            An answer that takes too many away is a suspect:
//      └─ restore → from_disk ┘                                      what it adds is used, what it takes away is kept.
//
// The rules are those that clients of Nacos, Eureka and Dubbo came to, each after an outage: registries that have just
// started answer with less than they knew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conf/registries.h"
#include "discovery/registry.h"

namespace penstock::discovery {

enum class Freshness : std::uint8_t {
  unknown,    ///< nothing has been heard yet
  from_disk,  ///< what was known before the start
  fresh,      ///< as the registry has it
  stale,      ///< as the registry had it before it failed
};

/// Pure: the time is handed in. Instances are told apart by host and port.
class LastGood {
 public:
  /// nullopt: every answer is believed at once.
  explicit LastGood(std::optional<conf::ShrinkProtection> protection) : protection_(protection) {}

  /// Before anything else: what was known in an earlier life.
  void restore(std::vector<Instance> instances);
  /// True if instances() has changed by it. Those that stand twice are taken once.
  bool listed(std::vector<Instance> instances, Nanos now);
  void failed(Nanos now);

  /// Somebody who knows better believes the suspect. False if there is none.
  bool accept();
  /// Believes the suspect if whatever it takes away can't be used anyway. True if it did.
  bool accept_if(const std::function<bool(const Instance&)>& unusable);

  /// What is to be used: sorted by host and port.
  const std::vector<Instance>& instances() const { return suspect_ ? used_ : believed_; }
  /// What is to be kept for a later life: without what a suspect has added.
  const std::vector<Instance>& believed() const { return believed_; }
  /// Another number whenever believed() has changed; 0 while it is empty from the first.
  std::uint64_t believed_version() const { return believed_version_; }
  Freshness freshness() const { return freshness_; }
  /// When the registry was last heard of (fresh or stale).
  Nanos heard_at() const { return heard_at_; }

  struct Suspect {
    Nanos since = 0;
    std::vector<Instance> listed;
    std::size_t removed = 0;  ///< of believed()
  };
  const std::optional<Suspect>& suspect() const { return suspect_; }
  /// When the registry must be asked again, because of a suspect; nullopt: no need.
  std::optional<Nanos> confirm_at() const;

 private:
  bool is_suspicious(std::size_t removed, std::size_t of) const;
  bool believe(std::vector<Instance> instances);

  const std::optional<conf::ShrinkProtection> protection_;
  std::vector<Instance> believed_;
  std::uint64_t believed_version_ = 0;
  std::vector<Instance> used_;  ///< while there is a suspect
  std::optional<Suspect> suspect_;
  Freshness freshness_ = Freshness::unknown;
  Nanos heard_at_ = 0;
};

}  // namespace penstock::discovery
