#include "gateway/health/outlier_detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gateway/health/outlier_text.h"

namespace penstock::health {
namespace {

/// For the success rate and the P99: times min_requests.
constexpr std::uint64_t kForStatistics = 5;
/// Fewer than five cannot have one that is 1.9 standard deviations below their mean: the furthest is at √(N−1).
constexpr std::size_t kForSuccessRate = 5;
/// Fewer have no middle.
constexpr std::size_t kForMedian = 3;
/// Where all do well, the standard deviation is next to nothing, and one failed request would be far outside.
constexpr double kLeastGap = 0.02;
/// If more of the other endpoints' requests fail than this, failing is nothing particular.
constexpr double kPoolFails = 0.5;

std::size_t slots_of(const conf::Outlier& settings) {
  constexpr conf::milliseconds kSlot{1000};
  return static_cast<std::size_t>(std::max<std::int64_t>(1, (settings.window + kSlot / 2) / kSlot));
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Suspect::Suspect(const conf::Outlier& settings) : window(slots_of(settings), settings.latency_ratio.has_value()) {}

void Suspect::start_anew() {
  window.clear();
  failures_in_a_row = 0;
  waiting.reset();
}

void OutlierDetector::watch(std::vector<Suspect*> pool) {
  pool_ = std::move(pool);
  out_ = usable_ = 0;
  requests_ = failures_ = 0;
  for (const Suspect* suspect : pool_) count(*suspect, +1);
}

/// Puts an endpoint into the sums, or takes it out; around whatever changes it.
void OutlierDetector::count(const Suspect& suspect, std::int64_t sign) {
  const auto by = static_cast<std::uint64_t>(sign);
  requests_ += by * suspect.window.requests();
  failures_ += by * suspect.window.failures();
  if (suspect.term.out()) out_ += by;
  if (!suspect.term.out() && !suspect.unhealthy) usable_ += by;
}

void OutlierDetector::observe(std::size_t index, const OutlierSample& sample) {
  Suspect& suspect = *pool_[index];
  count(suspect, -1);
  suspect.window.observe(sample);
  suspect.failures_in_a_row = sample.failures_in_a_row;
  count(suspect, +1);
}

void OutlierDetector::set_unhealthy(std::size_t index, bool unhealthy) {
  Suspect& suspect = *pool_[index];
  count(suspect, -1);
  if (suspect.unhealthy && !unhealthy) suspect.start_anew();
  suspect.unhealthy = unhealthy;
  count(suspect, +1);
}

OutlierDetector::Changes OutlierDetector::tick(Nanos now) {
  Changes changes;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    Suspect& suspect = *pool_[i];
    if (suspect.term.out() && now >= suspect.term.until()) release(i, now, "its time is up", changes);
    if (suspect.waiting && suspect.failures_in_a_row < settings_.consecutive_failures) suspect.waiting.reset();
    if (suspect.waiting) eject_for_failures(i, *suspect.waiting, now, changes);
  }
  eject_worst_first(by_failure_ratio(), Ejection::failure_ratio, now, changes);
  eject_worst_first(by_success_rate(), Ejection::success_rate, now, changes);
  eject_worst_first(by_latency(), Ejection::latency, now, changes);
  keep_one(now, changes);
  for (Suspect* suspect : pool_) {
    if (suspect->window.requests() == 0) continue;
    count(*suspect, -1);
    suspect->window.slide();
    count(*suspect, +1);
  }
  return changes;
}

// ---- the rules

OutlierDetector::Changes OutlierDetector::failures_in_a_row(std::size_t index, std::uint32_t failures, Failure last,
                                                            Nanos now) {
  Changes changes;
  if (settings_.consecutive_failures == 0 || !judged(index)) return changes;
  pool_[index]->failures_in_a_row = failures;
  eject_for_failures(index, last, now, changes);
  return changes;
}

void OutlierDetector::eject_for_failures(std::size_t index, Failure last, Nanos now, Changes& changes) {
  Suspect& suspect = *pool_[index];
  const bool connecting = last != Failure::request;
  if (judged(index) && (connecting || !whole_pool_fails(index))) {
    std::string why = std::to_string(suspect.failures_in_a_row) + " failures in a row";
    if (last == Failure::connect) why += " (the last: no connection)";
    if (last == Failure::refused) why = "it refuses connections";
    const Ejection reason = connecting ? Ejection::connect_failures : Ejection::consecutive_failures;
    if (eject(index, reason, std::move(why), now, changes)) return;
  }
  suspect.waiting = last;
}

OutlierDetector::Outliers OutlierDetector::by_failure_ratio() const {
  Outliers outliers;
  if (settings_.failure_ratio <= 0) return outliers;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    const OutlierWindow& window = pool_[i]->window;
    if (window.requests() == 0 || window.requests() < settings_.min_requests || !judged(i)) continue;
    const double failed = ratio(window.failures(), window.requests());
    if (failed <= settings_.failure_ratio || whole_pool_fails(i)) continue;
    outliers.push_back(
        {i, failed,
         std::to_string(window.failures()) + " of " + std::to_string(window.requests()) + " requests failed"});
  }
  return outliers;
}

OutlierDetector::Outliers OutlierDetector::by_success_rate() const {
  Outliers outliers;
  if (!settings_.success_rate_stdev) return outliers;
  const std::vector<std::size_t> compared = with_enough_requests();
  if (compared.size() < kForSuccessRate) return outliers;
  const auto rate = [&](std::size_t i) { return 1 - ratio(pool_[i]->window.failures(), pool_[i]->window.requests()); };
  double sum = 0;
  for (const std::size_t i : compared) sum += rate(i);
  const double mean = sum / static_cast<double>(compared.size());
  double squares = 0;
  for (const std::size_t i : compared) squares += (rate(i) - mean) * (rate(i) - mean);
  const double stdev = std::sqrt(squares / static_cast<double>(compared.size()));
  const double least = mean - std::max(*settings_.success_rate_stdev * stdev, kLeastGap);
  for (const std::size_t i : compared) {
    if (rate(i) >= least) continue;
    outliers.push_back(
        {i, -rate(i), percent_text(rate(i)) + " succeeded, " + percent_text(mean) + " in the mean of all"});
  }
  return outliers;
}

OutlierDetector::Outliers OutlierDetector::by_latency() const {
  Outliers outliers;
  if (!settings_.latency_ratio) return outliers;
  std::vector<std::pair<std::size_t, std::uint64_t>> p99s;
  const std::uint64_t enough = kForStatistics * settings_.min_requests;
  for (const std::size_t i : with_enough_requests()) {
    const observe::LatencyCounts& latency = pool_[i]->window.latency();
    if (latency.total() >= std::max<std::uint64_t>(enough, 1)) p99s.emplace_back(i, latency.quantile_ns(0.99));
  }
  if (p99s.size() < kForMedian) return outliers;
  std::vector<std::uint64_t> sorted;
  for (const auto& [index, p99] : p99s) sorted.push_back(p99);
  // Of an even number the lower of the two in the middle: half of the pool must not hide behind the other half.
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double most = *settings_.latency_ratio * static_cast<double>(*middle);
  for (const auto& [index, p99] : p99s) {
    if (static_cast<double>(p99) < most) continue;
    outliers.push_back({index, static_cast<double>(p99),
                        "P99 is " + duration_text(p99) + ", that of the pool's middle " + duration_text(*middle)});
  }
  return outliers;
}

std::vector<std::size_t> OutlierDetector::with_enough_requests() const {
  std::vector<std::size_t> result;
  const std::uint64_t enough = std::max<std::uint64_t>(kForStatistics * settings_.min_requests, 1);
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    if (pool_[i]->window.requests() >= enough && judged(i)) result.push_back(i);
  }
  return result;
}

/// What all endpoints answer alike is not the fault of one of them.
bool OutlierDetector::whole_pool_fails(std::size_t besides) const {
  const OutlierWindow& own = pool_[besides]->window;
  const std::uint64_t requests = requests_ - own.requests();
  if (requests == 0 || requests < settings_.min_requests) return false;
  return ratio(failures_ - own.failures(), requests) > kPoolFails;
}

// ---- out and back

bool OutlierDetector::may_be_ejected(std::size_t index) const {
  const double allowed = std::floor(settings_.max_ejected * static_cast<double>(pool_.size()));
  const bool below_cap = static_cast<double>(out_ + 1) <= std::max(allowed, 1.0);
  return judged(index) && below_cap && usable_ > 1;
}

void OutlierDetector::eject_worst_first(Outliers outliers, Ejection reason, Nanos now, Changes& changes) {
  std::stable_sort(outliers.begin(), outliers.end(),
                   [](const Outlier& a, const Outlier& b) { return a.badness > b.badness; });
  for (Outlier& outlier : outliers) {
    if (!eject(outlier.index, reason, std::move(outlier.why), now, changes)) return;
  }
}

bool OutlierDetector::eject(std::size_t index, Ejection reason, std::string why, Nanos now, Changes& changes) {
  if (!may_be_ejected(index)) return false;
  Suspect& suspect = *pool_[index];
  count(suspect, -1);
  const Nanos duration = suspect.term.begin(now, settings_);
  suspect.waiting.reset();
  count(suspect, +1);
  ++ejections_[static_cast<std::size_t>(reason)];
  changes.push_back({index, true, reason, duration, std::move(why)});
  return true;
}

void OutlierDetector::release(std::size_t index, Nanos now, std::string why, Changes& changes) {
  Suspect& suspect = *pool_[index];
  count(suspect, -1);
  suspect.term.end(now);
  suspect.start_anew();
  count(suspect, +1);
  changes.push_back({index, false, {}, 0, std::move(why)});
}

OutlierDetector::Changes OutlierDetector::take_back(std::size_t index, Nanos now, std::string why) {
  Changes changes;
  if (pool_[index]->term.out()) release(index, now, std::move(why), changes);
  return changes;
}

OutlierDetector::Changes OutlierDetector::keep_one(Nanos now) {
  Changes changes;
  keep_one(now, changes);
  return changes;
}

void OutlierDetector::keep_one(Nanos now, Changes& changes) {
  if (usable_ > 0 || out_ == 0 || !settings_.enforce) return;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    const Suspect& suspect = *pool_[i];
    if (!suspect.term.out() || suspect.unhealthy) continue;
    if (!first || suspect.term.until() < pool_[*first]->term.until()) first = i;
  }
  if (first) release(*first, now, "no other is left", changes);
}

}  // namespace penstock::health
