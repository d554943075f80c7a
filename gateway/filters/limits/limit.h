// One limit of the configuration at work: for the whole process, asked by every worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/ip.h"
#include "gateway/base/siphash.h"
#include "gateway/http/message.h"
#include "limiters/concurrency.h"
#include "limiters/leaky_bucket.h"
#include "limiters/verdict.h"
#include "limiters/waiting_room.h"

namespace penstock::filters {

class Limit;

/// A request that may wait for a place. Lent to a limit from ask() until it has one, is sent away, or leaves by
/// release(); belongs to its worker's thread.
struct Queued : limiters::Waiter, ListLink {
  /// At most once for each wait, from the worker's loop. `has_place`: it is in `place` now; else it was sent away for
  /// somebody of a higher class.
  using Tell = void (*)(void* owner, bool has_place);
  Queued(Tell t, void* o) : tell(t), owner(o) {}

  const Tell tell;
  void* const owner;
  limiters::Permit place;
  std::uint32_t reserve = 0;  ///< places that it leaves free
};

/// Runs the task on a worker's thread, soon, with that thread's time. Any thread.
using OnWorker = std::function<void(unsigned worker, std::function<void(Nanos now)> task)>;

/// A request at a limit.
struct Asked {
  Nanos now = 0;              ///< steady
  std::uint64_t unix_ms = 0;  ///< for windows that begin with the clock's
  const http::RequestHead& head;
  const IpAddress& client;
  unsigned worker = 0;
  std::uint32_t cost = 1;  ///< at token buckets
  conf::Priority priority = conf::Priority::normal;
  std::uint32_t reserve_share = 0;  ///< of 100: places that it leaves to requests of higher classes
  std::uint32_t beyond_share = 0;   ///< of 100: places over a limit that is only an estimate, which it may take
  Queued* queued = nullptr;         ///< null: it must not wait for a place
};

enum class Decision : std::uint8_t { pass, wait, refuse };

struct Ruling {
  Decision decision = Decision::pass;
  Nanos wait = 0;               ///< then it may pass; or, if `for_place`, has waited long enough
  bool for_place = false;       ///< Asked::queued is told when there is one
  Nanos retry_after = 0;        ///< if refused; limiters::kNever: never
  bool tells = false;           ///< what follows means something
  std::uint64_t remaining = 0;  ///< requests that would pass now
  Nanos reset_after = 0;        ///< until nothing is remembered any more
};

/// What a request has of a limit until it ends.
struct Hold {
  Limit* limit = nullptr;
  std::atomic<std::uint64_t>* word = nullptr;
  limiters::Permit permit{};
  limiters::LeakyBucket::Turn turn{};
  Queued* queued = nullptr;  ///< while it waits for its place
};

/// How a request ended, as far as limits learn from it.
struct Ending {
  Nanos now = 0;
  Nanos took = 0;  ///< since it had passed the limits
  unsigned worker = 0;
  bool gave_up = false;  ///< while it waited
  bool counts = false;   ///< `took` says how long the upstream takes, or at least takes
};

/// Any thread, but for what belongs to the control thread. Outlives the requests that passed it.
class Limit {
 public:
  /// `where`: "route orders", "upstream users". `key`: of the hash of keys; secret.
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
  /// Whether who is refused has himself asked too often (429), or there is not enough for all (503).
  bool is_clients_fault() const;
  /// The RateLimit-Policy field's member for this limit; empty for those that are no rate.
  const std::string& policy() const { return policy_; }
  std::uint64_t quota() const { return quota_; }

  /// The worker's own counters.
  void count(unsigned worker, Decision decision);
  struct Counts {
    std::uint64_t passed = 0;
    std::uint64_t waited = 0;   ///< of those that passed
    std::uint64_t refused = 0;  ///< or would have been, if it is not enforced
  };
  Counts counts() const;

  /// Before it is used: `before` is the limit of the same place, name and keys whose settings change to these. What it
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

std::unique_ptr<Limit> make_limit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key);

}  // namespace penstock::filters
