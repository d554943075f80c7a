#include "gateway/filters/limits/limit.h"

#include <utility>

namespace penstock::filters {
namespace {

void add(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

Limit::Limit(const conf::Limit& config, std::string where, unsigned workers)
    : config_(config),
      where_(std::move(where)),
      title_("the limit " + config.name + " of the " + where_),
      counts_(workers) {}

void Limit::set_policy(std::uint64_t quota, std::uint64_t window_s) {
  quota_ = quota;
  policy_ = "\"" + config_.name + "\";q=" + std::to_string(quota) + ";w=" + std::to_string(window_s);
}

void Limit::release(Hold& hold, const Ending& ending) {
  static_cast<void>(ending);
  hold.limit = nullptr;
}

void Limit::count(unsigned worker, Decision decision) {
  WorkerCounts& counts = counts_[worker];
  add(decision == Decision::refuse ? counts.refused : counts.passed);
  if (decision == Decision::wait) add(counts.waited);
}

Limit::Counts Limit::counts() const {
  Counts sum;
  for (const WorkerCounts& worker : counts_) {
    sum.passed += worker.passed.load(std::memory_order_relaxed);
    sum.waited += worker.waited.load(std::memory_order_relaxed);
    sum.refused += worker.refused.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace penstock::filters
