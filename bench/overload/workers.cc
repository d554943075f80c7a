#include "bench/overload/workers.h"

#include <algorithm>
#include <utility>

namespace penstock::overload {

Workers::Workers(std::size_t count, Nanos mean_service, std::uint64_t seed, Wanted wanted)
    : count_(count), mean_service_(mean_service), chance_(seed), wanted_(std::move(wanted)) {}

void Workers::arrive(const Job& job, Nanos at) {
  queue_.push_back({job, at});
  begin_waiting(at);
}

std::optional<Nanos> Workers::next_end() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.top().end;
}

std::optional<Job> Workers::take_ended(Nanos at) {
  if (under_way_.empty() || under_way_.top().end > at) return std::nullopt;
  const UnderWay ended = under_way_.top();
  under_way_.pop();
  begin_waiting(ended.end);
  return ended.job;
}

void Workers::set_count(std::size_t count, Nanos at) {
  count_ = count;
  begin_waiting(at);
}

void Workers::begin_waiting(Nanos at) {
  std::exponential_distribution<double> service(1.0 / static_cast<double>(mean_service_));
  while (!queue_.empty() && under_way_.size() < count_) {
    const Waiting next = queue_.front();
    queue_.pop_front();
    if (!wanted_(next.job)) continue;
    ++begun_;
    // It may have arrived after the worker became free, but before this was noticed.
    under_way_.push({std::max(at, next.since) + static_cast<Nanos>(service(chance_)), next.job});
  }
}

}  // namespace penstock::overload
