#include "limiters/adaptive.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kEnoughForRound = 50;
constexpr std::uint64_t kLongestRound_ns = 2 * kSecond;
constexpr std::uint64_t kEnoughForP99 = 1000;  // ten above it, give or take three
constexpr double kP99Noise = 0.1;              // what that leaves of chance, about
constexpr std::uint64_t kEnoughForCheck = 150;

constexpr double kHeadroom = 1.25;      // a baseline that is a fifth too low still lets the limit grow
constexpr double kQueueOfRoot = 1.5;    // chance needs a queue of the order of the root (Halfin & Whitt, 1981)
constexpr double kTightHeadroom = 1.2;  // the least under a target that can't be held
constexpr double kTightQueueOfRoot = 1.0;
constexpr double kLeastFall = 0.8;  // in a round
constexpr double kLightUse = 0.4;
constexpr double kLightLoad = 0.6;
constexpr int kRoundsToFall = 4;
constexpr double kFullUse = 0.8;
constexpr double kNoQueue = 1.1;  // times the baseline
constexpr double kGrowthToKnee = 1.5;
constexpr double kRoomForBursts = 1.5;  // times the room for a full upstream
constexpr double kGrowthForBursts = 1.1;
constexpr double kMostForBursts = 5.0;  // times the knee

constexpr double kCheckDepth = 0.55;
constexpr double kNextStep = 0.7;
constexpr double kBelowKnee = 0.85;
constexpr double kMuchFaster = 0.8;
constexpr double kSameLatency = 0.9;
constexpr double kFallThatAsksForCheck = 0.7;
constexpr std::uint64_t kFirstCheck_ns = 2 * kSecond;
constexpr std::uint64_t kRarestCheck_ns = 30 * kSecond;

double mixed(double old, double fresh, double share) {
  return old == 0 ? fresh : old + share * (fresh - old);
}

}  // namespace

AdaptiveLimit::AdaptiveLimit(AdaptiveSettings settings)
    : settings_(settings),
      limit_(settings.initial),
      check_every_ns_(kFirstCheck_ns),
      limit_at_check_(settings.initial) {}

std::uint32_t AdaptiveLimit::limit() const {
  return static_cast<std::uint32_t>(std::lround(limit_));
}

AdaptiveMemory AdaptiveLimit::memory() const {
  const double limit = check_.running ? check_.limit_before : limit_;
  return {limit, baseline_, throughput_, throughput_at_limit_, latency_, p99_};
}

void AdaptiveLimit::recall(const AdaptiveMemory& memory) {
  for (const double each : {memory.limit, memory.baseline_ns, memory.throughput, memory.throughput_at_limit,
                            memory.latency_ns, memory.p99_ns}) {
    if (!std::isfinite(each) || each < 0) return;
  }
  if (memory.baseline_ns == 0) return;
  set(memory.limit);
  limit_at_check_ = limit_;
  baseline_ = memory.baseline_ns;
  throughput_ = memory.throughput;
  throughput_at_limit_ = memory.throughput_at_limit;
  latency_ = memory.latency_ns;
  p99_ = memory.p99_ns;
}

std::uint32_t AdaptiveLimit::tick(const AdaptiveTick& tick) {
  round_.latencies.merge(*tick.latencies);
  round_.elapsed_ns += tick.elapsed_ns;
  round_.peak = std::max(round_.peak, tick.peak_in_flight);
  round_.refused += tick.refused;
  if (complete(round_)) {
    if (round_.latencies.count() > 0) {
      learn(round_);
    } else if (check_.running && round_.refused == 0) {
      give_up_check();
    }
    round_ = Round();
  }
  return limit();
}

bool AdaptiveLimit::complete(const Round& round) const {
  if (round.elapsed_ns >= kLongestRound_ns) return true;
  // An answer that is under way was let in under an older limit: a round is no shorter than the answers are.
  return round.latencies.count() >= kEnoughForRound && static_cast<double>(round.elapsed_ns) >= latency_;
}

void AdaptiveLimit::learn(const Round& round) {
  const double latency = round.latencies.mean();
  const double throughput = static_cast<double>(round.latencies.count()) / static_cast<double>(round.elapsed_ns);
  const double in_flight = throughput * latency;
  const Use use = use_in(round, in_flight);
  since_check_ns_ += round.elapsed_ns;
  if (check_.running) return go_on_checking(round, use);
  const bool was_full = std::exchange(was_full_, use == Use::kFull);
  // What went through while there was room says nothing of what can.
  throughput_ = mixed(throughput_, throughput, was_full_ && !was_full ? 1.0 : 0.4);
  latency_ = mixed(latency_, latency, 0.4);
  learn_p99(round);
  learn_baseline(latency_, use);
  if (use == Use::kFull && check_due()) return begin_check();
  if (use == Use::kFull && latency < kNoQueue * baseline_) return set(kGrowthToKnee * limit_);
  settings_.p99_target_ns == 0 ? follow_knee(use, in_flight) : follow_p99(use);
}

AdaptiveLimit::Use AdaptiveLimit::use_in(const Round& round, double in_flight) const {
  if (in_flight >= kFullUse * limit_) return Use::kFull;
  if (round.refused > 0 || round.peak >= limit()) return Use::kBursts;
  const bool light =
      in_flight < kLightUse * limit_ && (throughput_at_limit_ == 0 || throughput_ <= kLightLoad * throughput_at_limit_);
  return light ? Use::kLight : Use::kSome;
}

void AdaptiveLimit::learn_baseline(double latency, Use use) {
  if (use == Use::kFull || use == Use::kBursts) throughput_at_limit_ = mixed(throughput_at_limit_, throughput_, 0.4);
  if (baseline_ == 0 || latency < baseline_) {
    // Slowly if it may be chance: what always follows the lower of two noisy values ends below the truth.
    baseline_ = mixed(baseline_, latency, latency < kMuchFaster * baseline_ ? 0.3 : 0.05);
  } else if (use == Use::kLight) {
    baseline_ = mixed(baseline_, latency, 0.1);
  }
}

void AdaptiveLimit::learn_p99(const Round& round) {
  since_p99_.merge(round.latencies);
  if (since_p99_.count() < kEnoughForP99) return;
  p99_ = since_p99_.quantile(0.99);
  p99_fresh_ = true;
  since_p99_.clear();
}

bool AdaptiveLimit::check_due() const {
  return since_check_ns_ >= check_every_ns_ || limit_ < kFallThatAsksForCheck * limit_at_check_;
}

void AdaptiveLimit::begin_check() {
  check_down_to(std::clamp(kBelowKnee * knee(), kCheckDepth * limit_, kBelowKnee * limit_));
}

void AdaptiveLimit::check_down_to(double limit) {
  check_ = {.running = true, .limit_before = limit_, .latency_before = latency_};
  set(limit);
  if (std::round(limit_) < std::round(check_.limit_before)) return;
  set(check_.limit_before);  // too low already to learn anything
  end_check();
}

void AdaptiveLimit::end_check() {
  check_.running = false;
  since_check_ns_ = 0;
  limit_at_check_ = limit_;
}

void AdaptiveLimit::go_on_checking(const Round& round, Use use) {
  if (use != Use::kFull) return give_up_check();
  if (check_.drained) check_.latencies.merge(round.latencies);
  check_.drained = true;
  if (check_.latencies.count() >= kEnoughForCheck) conclude_check(check_.latencies.mean());
}

void AdaptiveLimit::give_up_check() {
  check_.running = false;
  set(check_.limit_before);
}

void AdaptiveLimit::conclude_check(double latency) {
  const double fall_of_limit = std::log(std::round(check_.limit_before) / std::round(limit_));
  const double fall_of_latency = std::log(check_.latency_before / latency);
  const bool queued = fall_of_latency > 0.5 * fall_of_limit;
  const bool stands = queued && latency >= kSameLatency * baseline_;
  latency_ = latency;
  if (!stands) baseline_ = latency;
  check_every_ns_ = stands ? std::min(2 * check_every_ns_, kRarestCheck_ns) : kFirstCheck_ns;
  if (queued && !stands) return check_down_to(kNextStep * limit_);  // the end of the queue is still to be found
  set(queued ? check_.limit_before : roomy(limit_));
  end_check();
}

double AdaptiveLimit::roomy(double knee) const {
  return kHeadroom * knee + kQueueOfRoot * std::sqrt(knee);
}

double AdaptiveLimit::tight(double knee) const {
  return kTightHeadroom * knee + kTightQueueOfRoot * std::sqrt(knee);
}

void AdaptiveLimit::follow_knee(Use use, double in_flight) {
  const double target = roomy(knee());
  const bool beyond = in_flight > target;
  pressed_ = use == Use::kFull || beyond ? pressed_ + 1 : 0;
  if (use == Use::kFull && target > limit_) return set(target);
  // One round over the limit may be chance; in a row, they are a queue.
  if (pressed_ >= kRoundsToFall) return set(std::max(target, kLeastFall * limit_));
  if (use == Use::kBursts) set(grown_for_bursts());
}

void AdaptiveLimit::follow_p99(Use use) {
  const double distance = static_cast<double>(settings_.p99_target_ns) - p99_;
  had_bursts_ = had_bursts_ || use == Use::kBursts;
  if (!std::exchange(p99_fresh_, false)) return;
  const bool bursts = std::exchange(had_bursts_, false);
  const double fits = std::clamp(limit_ + 0.5 * distance * throughput_, kLeastFall * limit_, roomy(limit_));
  if (use == Use::kFull) return set(std::max(fits, tight(knee())));
  // What goes through while there is room is less than what can: the knee is further up than it seems.
  const double least = std::min(limit_, kRoomForBursts * roomy(knee()));
  const bool surely_late = distance < -kP99Noise * p99_;
  if (surely_late) return set(std::max(fits, least));
  if (bursts && fits > limit_) set(std::min(fits, grown_for_bursts()));
}

double AdaptiveLimit::grown_for_bursts() const {
  return std::max(limit_, std::min(kGrowthForBursts * limit_, kMostForBursts * knee()));
}

void AdaptiveLimit::set(double limit) {
  limit_ = std::clamp(limit, static_cast<double>(settings_.least), static_cast<double>(settings_.most));
}

}  // namespace penstock::limiters
