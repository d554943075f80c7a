// The concurrency limit that an upstream can bear, found and followed from live traffic: nothing to tune, no pinning to
// a handful of requests to measure.
//
// By Little's law an upstream that does `x` requests a second in `r0` seconds each, unqueued, works on x * r0 at a
// time: the knee. Beyond it, more concurrency only waits. The limit is kept a little above the knee:
//
//     limit = 1.25 * x * r0 + 1.5 * sqrt(x * r0)
//
// While x still grows with the limit, this grows by a quarter or more each round; when the upstream is full, x is its
// capacity, whatever the demand, and the limit stands still. What has to be right is r0, the baseline:
//  - it follows a lower latency soon, and any latency under light load: less than 0.4 of the limit in use,
//    and less than 0.6 of what went through when requests were last refused;
//  - it never follows a higher latency under load, or sustained overload would pass for the normal state;
//  - instead, seldom and only while it holds requests back, the limit is lowered for some 150 answers (a check):
//    to 0.85 of the knee, or to 0.55 of itself if that is higher. If the latency falls with it, there was a queue, and
//    the baseline stands, or the check goes on down if it has shown a lower one. If the latency stays, the upstream
//    itself has become slower, and that latency is the new baseline.
// A limit that refuses requests although it is mostly empty (bursts) grows further, to at most five times the knee.
//
// With a target for the P99 the limit follows that instead: one request more in the queue is 1/x later for all, so the
// distance to the target says how many more or fewer fit. The knee then is only what it won't go below: if the target
// can't be held at the knee, refusing more would not help.
//
// Akin to TCP Vegas, Netflix's Gradient2, Envoy's gradient and BBR; docs/limiters.md says what was compared, with
// figures.
#pragma once

#include <cstdint>

#include "limiters/latency_sketch.h"

namespace penstock::limiters {

struct AdaptiveSettings {
  std::uint64_t p99_target_ns = 0;  ///< 0: stay near the unloaded latency
  std::uint32_t initial = 20;
  std::uint32_t least = 2;
  std::uint32_t most = 100'000;
};

/// What has happened since the last tick.
struct AdaptiveTick {
  std::uint64_t elapsed_ns = 0;
  /// Of requests that ended. A time-out counts as the time waited; refused requests must not be in it.
  const LatencySketch* latencies = nullptr;
  std::uint32_t peak_in_flight = 0;
  std::uint64_t refused = 0;  ///< for want of room under this limit
};

/// What one has learned: all that the next process needs to go on from there.
struct AdaptiveMemory {
  double limit = 0;
  double baseline_ns = 0;
  double throughput = 0;  ///< per ns
  double throughput_at_limit = 0;
  double latency_ns = 0;
  double p99_ns = 0;
};

/// Belongs to the thread that ticks, every 100 ms or so. The limit goes to workers by Concurrency::set_limit().
class AdaptiveLimit {
 public:
  explicit AdaptiveLimit(AdaptiveSettings settings);

  /// Takes note, and returns the limit to use from now on. Ticks with few samples are put together before they count.
  std::uint32_t tick(const AdaptiveTick& tick);

  std::uint32_t limit() const;
  double baseline_ns() const { return baseline_; }  ///< mean latency without a queue, as believed; 0: not known yet
  AdaptiveMemory memory() const;
  /// Before the first tick. Nothing happens if it makes no sense, or nothing was learned.
  void recall(const AdaptiveMemory& memory);
  double p99_ns() const { return p99_; }  ///< of the last 1000 samples or more; 0: not known yet

 private:
  /// Ticks, put together until they hold enough samples to mean something.
  struct Round {
    LatencySketch latencies;
    std::uint64_t elapsed_ns = 0;
    std::uint32_t peak = 0;
    std::uint64_t refused = 0;
  };
  /// How much of the limit was in use.
  enum class Use {
    kLight,   ///< so little that there can be no queue of our making
    kSome,    ///< the limit refused nobody
    kBursts,  ///< it refused some, but there was room most of the time
    kFull,    ///< it is what holds the requests back
  };
  /// A limit lowered for a moment, to see whether the latency follows.
  struct Check {
    bool running = false;
    bool drained = false;  ///< the first round still holds requests from before
    double limit_before = 0;
    double latency_before = 0;
    LatencySketch latencies{};
  };

  bool complete(const Round& round) const;
  void learn(const Round& round);
  Use use_in(const Round& round, double in_flight) const;
  void learn_baseline(double latency, Use use);
  void learn_p99(const Round& round);
  bool check_due() const;
  void begin_check();
  void check_down_to(double limit);
  void end_check();
  void go_on_checking(const Round& round, Use use);
  void give_up_check();
  void conclude_check(double latency);
  void follow_knee(Use use, double in_flight);
  void follow_p99(Use use);
  double grown_for_bursts() const;
  double knee() const { return throughput_ * baseline_; }
  double roomy(double knee) const;
  double tight(double knee) const;
  void set(double limit);

  AdaptiveSettings settings_;
  double limit_;
  double baseline_ = 0;             ///< ns
  double throughput_ = 0;           ///< per ns
  double throughput_at_limit_ = 0;  ///< when requests were last refused
  double latency_ = 0;              ///< ns, mean, smoothed
  double p99_ = 0;                  ///< ns
  bool p99_fresh_ = false;
  bool had_bursts_ = false;  ///< since the last P99
  bool was_full_ = false;
  int pressed_ = 0;  ///< rounds in a row with more in flight than is wanted
  LatencySketch since_p99_;
  Round round_;
  Check check_;
  std::uint64_t since_check_ns_ = 0;
  std::uint64_t check_every_ns_;
  double limit_at_check_;  ///< what the limit was when the baseline was last found true
};

}  // namespace penstock::limiters
