// One limit of the configuration at work: for the whole process, asked by every worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/ip.h"
#include "gateway/base/siphash.h"
#include "gateway/http/message.h"
#include "limiters/concurrency.h"
#include "limiters/leaky_bucket.h"
#include "limiters/verdict.h"

namespace penstock::filters {

class Limit;

/// A request at a limit.
struct Asked {
  Nanos now = 0;              ///< steady
  std::uint64_t unix_ms = 0;  ///< for windows that begin with the clock's
  const http::RequestHead& head;
  const IpAddress& client;
  unsigned worker = 0;
  std::uint32_t reserve_share = 0;  ///< of 100: places that it leaves to requests of higher classes
};

enum class Decision : std::uint8_t { pass, wait, refuse };

struct Ruling {
  Decision decision = Decision::pass;
  Nanos wait = 0;               ///< then it may pass
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

  // ---- control thread
  /// What there is to see besides.
  struct Levels {
    std::uint64_t in_flight = 0;
    std::uint64_t limit = 0;      ///< of those under way; 0: not that kind
    double p99_s = 0;             ///< adaptive: measured; 0: not known yet
    double baseline_s = 0;        ///< adaptive: the latency without a queue, as believed
    std::uint64_t busy_keys = 0;  ///< keyed limits
  };
  virtual Levels levels(Nanos now, std::uint64_t unix_ms) const = 0;
  /// Every tenth of a second or so, where wants_ticks().
  virtual void tick(Nanos now) { static_cast<void>(now); }
  virtual bool wants_ticks() const { return false; }

 private:
  struct alignas(64) WorkerCounts {
    std::atomic<std::uint64_t> passed{0}, waited{0}, refused{0};
  };

  const conf::Limit config_;
  const std::string where_;
  std::string policy_;
  std::uint64_t quota_ = 0;
  std::vector<WorkerCounts> counts_;
};

std::unique_ptr<Limit> make_limit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key);

}  // namespace penstock::filters
