// What is believed of one service: the last good list, whatever the registry does.
//
//                listed                     failed
//   unknown ───────────────→ fresh ─────────────────→ stale          Lists are never cleared by failures.
//      │                      ↑ └──────── listed ───────┘            An answer that takes too many away is a suspect:
//      └─ restore → from_disk ┘                                      what it adds is used, what it takes away is kept.
//
// Three kinds of suspects, by how well the registry says what it says:
//
//   explained   entries say of themselves that they take no requests (down, disabled)         confirm_after
//   unexplained most are missing without a word                                 confirm_after, or settles_in
//   forgotten   none is left, without a word: so answers a registry that has       empty_after at least, and
//               lost its memory, or whose clients have lost their sessions         as long as endpoints answer
//
// However long endpoints answer, and answers change, a suspect is believed after kLongest times its time: a service
// that was taken out of its registry on purpose ends, too, though its processes live.
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
  /// `settles_in`: see Registry.
  explicit LastGood(std::optional<conf::ShrinkProtection> protection, Nanos settles_in = 0)
      : protection_(protection), settles_in_(settles_in) {}

  /// Before anything else: what was known in an earlier life.
  void restore(std::vector<Instance> instances);
  /// True if instances() has changed by it. Those that stand twice are taken once.
  bool listed(ServiceList list, Nanos now);
  void failed(Nanos now);
  /// An endpoint has answered a request, or passed a check: whoever is said to be gone is not.
  void answered(Nanos now);

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

  /// In all, and in times of what confirms a suspect.
  static constexpr Nanos kLongest = 5;

  struct Suspect {
    Nanos began = 0;
    Nanos since = 0;  ///< when it was last taken back in part, or took away more
    std::vector<Instance> listed{};
    std::size_t removed = 0;  ///< of believed()
    bool explained = false;
    bool forgotten = false;
    Nanos answered_at = 0;  ///< by an endpoint, since it began; 0: never
  };
  const std::optional<Suspect>& suspect() const { return suspect_; }
  /// An answer that says so still then is believed; nullopt: there is no suspect, or it is never believed for that.
  std::optional<Nanos> confirm_at() const;

 private:
  bool is_suspicious(std::size_t removed, std::size_t of) const;
  Suspect suspect_of(std::vector<Instance> listed, std::size_t removed, std::size_t excluded, Nanos now) const;
  bool believe(std::vector<Instance> instances);

  const std::optional<conf::ShrinkProtection> protection_;
  const Nanos settles_in_;
  std::vector<Instance> believed_;
  std::uint64_t believed_version_ = 0;
  std::vector<Instance> used_;  ///< while there is a suspect
  std::optional<Suspect> suspect_;
  Freshness freshness_ = Freshness::unknown;
  Nanos heard_at_ = 0;
};

}  // namespace penstock::discovery
