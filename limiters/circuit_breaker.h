// Stops asking an upstream or endpoint that mostly fails, tries it again carefully, and lets the load back slowly.
//
//              ratio of failed or slow >= threshold, of at least min_requests
//     Closed ────────────────────────────────────────────────────────────► Open
//       ▲  (ramping up after the first time)                              │  ▲
//       │                                                     open_ns     │  │ probes failed
//       └───────────────────────────── HalfOpen ◄─────────────────────────┘  │
//              probes succeeded         │  └─────────────────────────────────┘
//                                       └─► HalfOpen again, with new permits, when probes don't end in probe_timeout_ns
//
// The semantics are resilience4j's over a time window; the time-out of probes and the ramp are ours. The state is one
// word, and so are the half-open permits: what a request reports counts only in the state in which it began.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "limiters/outcome_window.h"

namespace penstock::limiters {

struct BreakerSettings {
  double failure_ratio = 0.5;              ///< opens at this share of failed requests; above 1: never for failures
  double slow_ratio = 2.0;                 ///< the same for slow ones
  std::uint64_t slow_ns = 60'000'000'000;  ///< from this long a request is slow
  std::uint64_t window_ns = 10'000'000'000;
  std::uint32_t min_requests = 20;  ///< fewer in the window prove nothing
  std::uint64_t open_ns = 5'000'000'000;
  std::uint16_t half_open_permits = 10;  ///< probes under way or ended, in [1, 65535]
  std::uint64_t probe_timeout_ns = 30'000'000'000;
  std::uint64_t ramp_ns = 5'000'000'000;  ///< from a tenth to all of the load after half-open; 0: at once
};

enum class BreakerState : std::uint8_t { kClosed, kOpen, kHalfOpen };

class CircuitBreaker;

/// A request's leave to go. It says how the request ended, once; destroyed without that it was cancelled, which counts
/// as nothing and gives a probe's permit back. The breaker outlives it.
class [[nodiscard]] BreakerPass {
 public:
  BreakerPass() = default;
  BreakerPass(BreakerPass&& other) noexcept : from_(std::exchange(other.from_, nullptr)), epoch_(other.epoch_) {}
  BreakerPass& operator=(BreakerPass&& other) noexcept;
  ~BreakerPass() { cancel(); }

  explicit operator bool() const { return from_ != nullptr; }
  /// `failed`: no answer, a time-out, or a 5xx; never a 4xx. Overload (429, 503 with Retry-After) is to be cancelled.
  void ended(bool failed, std::uint64_t took_ns, std::uint64_t now_ns);
  void cancel();

 private:
  friend class CircuitBreaker;
  BreakerPass(CircuitBreaker* from, std::uint64_t epoch) : from_(from), epoch_(epoch) {}
  CircuitBreaker* from_ = nullptr;
  std::uint64_t epoch_ = 0;
};

/// Any thread; one for all workers. Times are ns of one steady clock, kept to a millisecond.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(BreakerSettings settings);
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  /// An empty pass if the request must not go. `random`: fresh uniform bits, for the ramp.
  BreakerPass try_pass(std::uint64_t now_ns, std::uint64_t random);
  /// How long until the next request may pass, as far as can be told; 0 if it may now.
  std::uint64_t retry_after_ns(std::uint64_t now_ns) const;
  BreakerState state() const;
  OutcomeWindow::Totals totals(std::uint64_t now_ns) const { return window_.totals(now_ns); }

 private:
  friend class BreakerPass;
  /// The state's word, unpacked. The epoch changes with every change of state.
  struct View {
    BreakerState state = BreakerState::kClosed;
    std::uint64_t epoch = 0;
    std::uint64_t since_ms = 0;  ///< for kClosed: 0 if it has never been open

    static View of(std::uint64_t word);
    std::uint64_t packed() const;
  };

  View view() const { return View::of(state_.load(std::memory_order_acquire)); }
  bool change(const View& from, BreakerState to, std::uint64_t now_ns);
  BreakerPass try_probe(const View& view);
  bool ramp_admits(const View& view, std::uint64_t now_ns, std::uint64_t random) const;
  void ended(std::uint64_t epoch, bool failed, bool slow, std::uint64_t now_ns);
  void judge_window(const View& view, std::uint64_t now_ns);
  void judge_probe(const View& view, bool good, std::uint64_t now_ns);
  void give_back(std::uint64_t epoch);

  const BreakerSettings settings_;
  std::atomic<std::uint64_t> state_{0};
  std::atomic<std::uint64_t> probes_{0};
  OutcomeWindow window_;
};

}  // namespace penstock::limiters
