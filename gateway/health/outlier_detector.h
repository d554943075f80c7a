// Passive ejection: which endpoints of a pool do worse than they may, by what real requests met there.
//
// The rules are Envoy's (docs/intro/arch_overview/upstream/outlier), with a sliding window in place of intervals, and
// one of our own: an endpoint that is slow beside its peers. Whatever they say, some endpoint remains in use, and
// whoever is out comes back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/health/ejection_term.h"
#include "gateway/health/outlier_window.h"
#include "gateway/health/state.h"

namespace penstock::health {

/// What is known of one endpoint. Its owner may keep it while the endpoint is away.
struct Suspect {
  explicit Suspect(const conf::Outlier& settings);
  /// It is in use again: what it did before shall not put it out once more.
  void start_anew();

  OutlierWindow window;
  EjectionTerm term;
  bool unhealthy = false;  ///< by its active checks: neither judged nor counted as usable
  std::uint32_t failures_in_a_row = 0;
  /// Has failed often enough in a row, but could not be ejected then.
  std::optional<Failure> waiting;
};

/// Pure: the time is handed in, and never goes back. Belongs to one thread.
class OutlierDetector {
 public:
  /// An endpoint has been ejected or taken back. With `enforce: false` these are what would have been done.
  struct Change {
    std::size_t index = 0;
    bool ejected = false;
    Ejection reason = Ejection::consecutive_failures;  ///< if ejected
    Nanos duration = 0;                                ///< if ejected
    std::string why;
  };
  using Changes = std::vector<Change>;

  /// `settings` outlive it.
  explicit OutlierDetector(const conf::Outlier& settings) : settings_(settings) {}

  /// The endpoints, judged as one pool. They outlive the detector, or the next call.
  void watch(std::vector<Suspect*> pool);
  /// Once per endpoint and second, before tick(); not needed for those whose counters have not moved.
  void observe(std::size_t index, const OutlierSample& sample);
  /// Once a second: takes back, judges, and lets the windows slide.
  Changes tick(Nanos now);
  /// As many failures in a row as eject an endpoint have been counted; `last` is the kind of the last.
  Changes failures_in_a_row(std::size_t index, std::uint32_t count, Failure last, Nanos now);
  /// Before its time.
  Changes take_back(std::size_t index, Nanos now, std::string why);
  /// By its active checks. Who is well again starts anew.
  void set_unhealthy(std::size_t index, bool unhealthy);
  /// If nobody is usable but for ejections, takes back the one whose time is up first. tick() does this as well.
  Changes keep_one(Nanos now);

  /// Counts on from where another has come to.
  void count_on(const OutlierDetector& before) { ejections_ = before.ejections_; }
  /// Since the start.
  std::uint64_t ejections(Ejection reason) const { return ejections_[static_cast<std::size_t>(reason)]; }

 private:
  struct Outlier {
    std::size_t index;
    double badness;  ///< the worst go first, should the cap not allow for all
    std::string why;
  };
  using Outliers = std::vector<Outlier>;

  Outliers by_failure_ratio() const;
  Outliers by_success_rate() const;
  Outliers by_latency() const;
  void eject_worst_first(Outliers outliers, Ejection reason, Nanos now, Changes& changes);
  void eject_for_failures(std::size_t index, Failure last, Nanos now, Changes& changes);
  bool eject(std::size_t index, Ejection reason, std::string why, Nanos now, Changes& changes);
  void release(std::size_t index, Nanos now, std::string why, Changes& changes);
  void keep_one(Nanos now, Changes& changes);
  bool judged(std::size_t index) const { return !pool_[index]->unhealthy && !pool_[index]->term.out(); }
  bool may_be_ejected(std::size_t index) const;
  bool whole_pool_fails(std::size_t besides) const;
  void count(const Suspect& suspect, std::int64_t sign);
  std::vector<std::size_t> with_enough_requests() const;

  const conf::Outlier& settings_;
  std::vector<Suspect*> pool_;
  std::array<std::uint64_t, kEjections> ejections_{};

  // Sums over the pool.
  std::size_t out_ = 0;
  std::size_t usable_ = 0;
  std::uint64_t requests_ = 0;  ///< of the windows
  std::uint64_t failures_ = 0;
};

}  // namespace penstock::health
