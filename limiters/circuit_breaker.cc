#include "limiters/circuit_breaker.h"

#include <algorithm>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr unsigned kEpochBits = 16;
constexpr std::uint64_t kEpochMask = (1u << kEpochBits) - 1;
constexpr double kRampBegins = 0.1;

/// The word of the half-open permits. One that was left from another epoch counts as untouched.
struct Probes {
  std::uint16_t given = 0;
  std::uint16_t good = 0;
  std::uint16_t bad = 0;

  static Probes of(std::uint64_t word, std::uint64_t epoch) {
    if (word >> 48 != epoch) return {};
    return {static_cast<std::uint16_t>(word >> 32), static_cast<std::uint16_t>(word >> 16),
            static_cast<std::uint16_t>(word)};
  }
  std::uint64_t packed(std::uint64_t epoch) const {
    return epoch << 48 | std::uint64_t{given} << 32 | std::uint64_t{good} << 16 | bad;
  }
};

/// True if somebody has gone on to a later epoch, whose permits are none of ours.
bool is_later(std::uint64_t word, std::uint64_t epoch) {
  const std::uint64_t ahead = ((word >> 48) - epoch) & kEpochMask;
  return word != 0 && ahead != 0 && ahead <= kEpochMask / 2;
}

bool reaches(std::uint32_t part, std::uint32_t all, double ratio) {
  return static_cast<double>(part) >= ratio * static_cast<double>(all);
}

}  // namespace

BreakerPass& BreakerPass::operator=(BreakerPass&& other) noexcept {
  if (this != &other) {
    cancel();
    from_ = std::exchange(other.from_, nullptr);
    epoch_ = other.epoch_;
  }
  return *this;
}

void BreakerPass::ended(bool failed, std::uint64_t took_ns, std::uint64_t now_ns) {
  if (CircuitBreaker* breaker = std::exchange(from_, nullptr)) {
    breaker->ended(epoch_, failed, took_ns >= breaker->settings_.slow_ns, now_ns);
  }
}

void BreakerPass::cancel() {
  if (CircuitBreaker* breaker = std::exchange(from_, nullptr)) breaker->give_back(epoch_);
}

CircuitBreaker::View CircuitBreaker::View::of(std::uint64_t word) {
  return {static_cast<BreakerState>(word & 3), word >> 2 & kEpochMask, word >> (2 + kEpochBits)};
}

std::uint64_t CircuitBreaker::View::packed() const {
  return since_ms << (2 + kEpochBits) | epoch << 2 | static_cast<std::uint64_t>(state);
}

CircuitBreaker::CircuitBreaker(BreakerSettings settings) : settings_(settings), window_(settings.window_ns) {}

BreakerState CircuitBreaker::state() const {
  return view().state;
}

BreakerPass CircuitBreaker::try_pass(std::uint64_t now_ns, std::uint64_t random) {
  const View now = view();
  if (now.state == BreakerState::kClosed) {
    return ramp_admits(now, now_ns, random) ? BreakerPass(this, now.epoch) : BreakerPass();
  }
  const bool may_probe_anew = retry_after_ns(now_ns) == 0;
  // Whoever makes the change, the permits of the new epoch are for all.
  if (may_probe_anew) change(now, BreakerState::kHalfOpen, now_ns);
  const View then = may_probe_anew ? view() : now;
  return then.state == BreakerState::kHalfOpen ? try_probe(then) : BreakerPass();
}

std::uint64_t CircuitBreaker::retry_after_ns(std::uint64_t now_ns) const {
  const View now = view();
  if (now.state == BreakerState::kClosed) return 0;
  const std::uint64_t wait = now.state == BreakerState::kOpen ? settings_.open_ns : settings_.probe_timeout_ns;
  const std::uint64_t until_ns = now.since_ms * kNsPerMs + wait;
  return until_ns > now_ns ? until_ns - now_ns : 0;
}

bool CircuitBreaker::ramp_admits(const View& view, std::uint64_t now_ns, std::uint64_t random) const {
  if (view.since_ms == 0 || settings_.ramp_ns == 0) return true;
  const double since = static_cast<double>(now_ns) - static_cast<double>(view.since_ms * kNsPerMs);
  const double share = kRampBegins + (1 - kRampBegins) * since / static_cast<double>(settings_.ramp_ns);
  return static_cast<double>(random) < std::max(share, kRampBegins) * 0x1p64;
}

bool CircuitBreaker::change(const View& from, BreakerState to, std::uint64_t now_ns) {
  std::uint64_t old = from.packed();
  const View fresh = {to, (from.epoch + 1) & kEpochMask, now_ns / kNsPerMs};
  return state_.compare_exchange_strong(old, fresh.packed(), std::memory_order_acq_rel);
}

BreakerPass CircuitBreaker::try_probe(const View& view) {
  std::uint64_t old = probes_.load(std::memory_order_relaxed);
  for (;;) {
    Probes probes = Probes::of(old, view.epoch);
    if (is_later(old, view.epoch) || probes.given >= settings_.half_open_permits) return BreakerPass();
    ++probes.given;
    if (probes_.compare_exchange_weak(old, probes.packed(view.epoch), std::memory_order_relaxed)) {
      return BreakerPass(this, view.epoch);
    }
  }
}

void CircuitBreaker::ended(std::uint64_t epoch, bool failed, bool slow, std::uint64_t now_ns) {
  const View now = view();
  if (now.epoch != epoch) return;
  if (now.state == BreakerState::kHalfOpen) {
    const bool too_slow = slow && settings_.slow_ratio <= 1;
    return judge_probe(now, !failed && !too_slow, now_ns);
  }
  window_.record(failed, slow, now_ns);
  if (window_.any_bad(now_ns)) judge_window(now, now_ns);
}

void CircuitBreaker::judge_window(const View& view, std::uint64_t now_ns) {
  const OutcomeWindow::Totals totals = window_.totals(now_ns);
  if (totals.requests < settings_.min_requests) return;
  const bool broken = reaches(totals.failed, totals.requests, settings_.failure_ratio) ||
                      reaches(totals.slow, totals.requests, settings_.slow_ratio);
  // Nobody records while it is open: whoever opened it can clear it in peace.
  if (broken && change(view, BreakerState::kOpen, now_ns)) window_.clear();
}

void CircuitBreaker::judge_probe(const View& view, bool good, std::uint64_t now_ns) {
  std::uint64_t old = probes_.load(std::memory_order_relaxed);
  Probes probes;
  do {
    if (is_later(old, view.epoch)) return;
    probes = Probes::of(old, view.epoch);
    ++(good ? probes.good : probes.bad);
  } while (!probes_.compare_exchange_weak(old, probes.packed(view.epoch), std::memory_order_relaxed));
  const double ratio = std::min(settings_.failure_ratio, 1.0);
  if (probes.bad > 0 && reaches(probes.bad, settings_.half_open_permits, ratio)) {
    change(view, BreakerState::kOpen, now_ns);
  } else if (probes.good + probes.bad >= settings_.half_open_permits) {
    change(view, BreakerState::kClosed, now_ns);
  }
}

void CircuitBreaker::give_back(std::uint64_t epoch) {
  const View now = view();
  if (now.epoch != epoch || now.state != BreakerState::kHalfOpen) return;
  std::uint64_t old = probes_.load(std::memory_order_relaxed);
  for (;;) {
    Probes probes = Probes::of(old, epoch);
    if (is_later(old, epoch) || probes.given == 0) return;
    --probes.given;
    if (probes_.compare_exchange_weak(old, probes.packed(epoch), std::memory_order_relaxed)) return;
  }
}

}  // namespace penstock::limiters
