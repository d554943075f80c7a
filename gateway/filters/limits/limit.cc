#include "gateway/filters/limits/limit.h"

#include <algorithm>
#include <utility>

namespace penstock::filters {
namespace {

bool is_rate(conf::LimitKind kind) {
  return kind != conf::LimitKind::concurrency && kind != conf::LimitKind::adaptive;
}

/// Whole seconds, at least one.
std::uint64_t seconds(conf::milliseconds duration) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(duration.count() + 999) / 1000);
}

std::uint64_t quota_of(const conf::Limit& config) {
  switch (config.kind) {
    case conf::LimitKind::token_bucket:
      return config.burst;
    case conf::LimitKind::leaky_bucket:
      return config.rate.count;
    default:
      return config.limit;
  }
}

std::uint64_t window_of(const conf::Limit& config) {
  const bool by_rate = config.kind == conf::LimitKind::token_bucket || config.kind == conf::LimitKind::leaky_bucket;
  if (!by_rate) return seconds(config.window);
  // A bucket's burst is earned anew in this time.
  const auto per = static_cast<std::uint64_t>(config.rate.per.count());
  return std::max<std::uint64_t>(1, (quota_of(config) * per / config.rate.count + 999) / 1000);
}

void add(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

Limit::Limit(const conf::Limit& config, std::string where, unsigned workers)
    : config_(config),
      where_(std::move(where)),
      title_("the limit " + config.name + " of the " + where_),
      counts_(workers) {
  if (!is_rate(config.kind)) return;
  quota_ = quota_of(config);
  policy_ = "\"" + config.name + "\";q=" + std::to_string(quota_) + ";w=" + std::to_string(window_of(config));
}

void Limit::release(Hold& hold, const Ending& ending) {
  static_cast<void>(ending);
  hold.limit = nullptr;
}

bool Limit::is_clients_fault() const {
  return is_rate(config_.kind) || !config_.key.empty();
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
