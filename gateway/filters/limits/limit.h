// One limit of the configuration at work: for the whole process, asked by every worker.
//
// Each kind has a file, named as the configuration names it; make_limit.cc is where they are told apart.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/filters/limits/ruling.h"

namespace penstock::filters {

/// Runs the task on a worker's thread, soon, with that thread's time. Any thread.
using OnWorker = std::function<void(unsigned worker, std::function<void(Nanos now)> task)>;

/// Any thread, but for what belongs to the control thread. Outlives the requests that passed it.
class Limit {
 public:
  /// `where`: "route orders", "upstream users".
  Limit(const conf::Limit& config, std::string where, unsigned workers);
  virtual ~Limit() = default;
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

  /// What is to be given back is put into `hold`, whose limit is then set. Counts nothing.
  virtual Ruling ask(const Asked& asked, Hold& hold) = 0;
  /// Gives back.
  virtual void release(Hold& hold, const Ending& ending);

  const conf::Limit& config() const { return config_; }
  const std::string& where() const { return where_; }
  /// "the limit token_bucket of the route orders"
  const std::string& title() const { return title_; }
  /// Whether who is refused has himself asked too often (429), or there is not enough for all (503). The former where
  /// each key has a count of its own.
  virtual bool is_clients_fault() const { return !config_.key.empty(); }
  /// The RateLimit-Policy field's member for this limit; empty for those that tell nothing.
  const std::string& policy() const { return policy_; }
  /// Requests that pass at once after a rest, or in a window; 0 for those that tell nothing.
  std::uint64_t quota() const { return quota_; }

  /// The worker's own counters.
  void count(unsigned worker, Decision decision);
  struct Counts {
    std::uint64_t passed = 0;
    std::uint64_t waited = 0;   ///< of those that passed
    std::uint64_t refused = 0;  ///< or would have been, if it is not enforced
  };
  Counts counts() const;

  /// Before it is used: `before` is the limit of the same place and name whose settings change to these. What it
  /// remembers of who has had how much is taken over, where these settings can say the same. Nothing by default.
  virtual void learn_from(const Limit& before, Nanos now) {
    static_cast<void>(before);
    static_cast<void>(now);
  }

  /// For the next process, and before it is used, from the one before, of a limit of the same place, name and settings.
  /// Nothing by default: what is under way does not change its process.
  virtual std::string memory() const { return {}; }
  virtual void recall(std::string_view memory) { static_cast<void>(memory); }

  // ---- control thread
  /// What there is to see besides.
  struct Levels {
    std::uint64_t in_flight = 0;
    std::uint64_t limit = 0;      ///< of those under way; 0: not that kind
    std::uint64_t waiting = 0;    ///< for a place
    double p99_s = 0;             ///< adaptive: measured; 0: not known yet
    double baseline_s = 0;        ///< adaptive: the latency without a queue, as believed
    std::uint64_t busy_keys = 0;  ///< keyed limits
  };
  virtual Levels levels(Nanos now, std::uint64_t unix_ms) const = 0;
  /// Every tenth of a second or so, where wants_ticks().
  virtual void tick(Nanos now) { static_cast<void>(now); }
  virtual bool wants_ticks() const { return false; }
  /// Before the first request: how workers are told of places that others have given back.
  virtual void call_workers_by(const OnWorker& on_worker) { static_cast<void>(on_worker); }

 protected:
  /// From the constructor of one whose rulings tell what is left (Ruling::tells): so many in so many seconds.
  void set_policy(std::uint64_t quota, std::uint64_t window_s);

 private:
  struct alignas(64) WorkerCounts {
    std::atomic<std::uint64_t> passed{0}, waited{0}, refused{0};
  };

  const conf::Limit config_;
  const std::string where_;
  const std::string title_;
  std::string policy_;
  std::uint64_t quota_ = 0;
  std::vector<WorkerCounts> counts_;
};

}  // namespace penstock::filters
