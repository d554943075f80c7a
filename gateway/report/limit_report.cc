#include "gateway/report/limit_report.h"

#include <chrono>

#include "conf/limit_kind.h"
#include "gateway/base/steady_clock.h"

namespace penstock {
namespace {

filters::Limit::Levels levels_of(const filters::Limit& limit) {
  using namespace std::chrono;
  const auto unix_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  return limit.levels(steady_now(), static_cast<std::uint64_t>(unix_ms));
}

}  // namespace

std::vector<admin::LimitView> limit_views(const filters::LimitTable& limits) {
  std::vector<admin::LimitView> views;
  for (const auto& limit : limits.all()) {
    const filters::Limit::Counts counts = limit->counts();
    const filters::Limit::Levels levels = levels_of(*limit);
    admin::LimitView& view = views.emplace_back();
    view.where = limit->where();
    view.name = limit->config().name;
    view.kind = conf::name_of(limit->config().kind);
    view.enforced = limit->config().enforce;
    view.passed_total = counts.passed;
    view.waited_total = counts.waited;
    view.refused_total = counts.refused;
    view.in_flight = levels.in_flight;
    view.limit = levels.limit;
    view.waiting = levels.waiting;
    view.p99_ms = levels.p99_s * 1000;
    view.baseline_ms = levels.baseline_s * 1000;
    view.busy_keys = levels.busy_keys;
  }
  return views;
}

std::vector<observe::LimitMetrics> limit_metrics_of(const filters::LimitTable& limits) {
  std::vector<observe::LimitMetrics> all;
  for (const auto& limit : limits.all()) {
    const filters::Limit::Counts counts = limit->counts();
    observe::LimitMetrics& metrics = all.emplace_back();
    metrics.where = limit->where();
    metrics.name = limit->config().name;
    metrics.passed = counts.passed;
    metrics.waited = counts.waited;
    metrics.refused = counts.refused;
    metrics.enforced = limit->config().enforce;
    metrics.has_places = limit->config().kind == conf::LimitKind::concurrency && limit->config().key.empty();
    metrics.has_places |= limit->config().kind == conf::LimitKind::adaptive;
    if (!metrics.has_places) continue;
    const filters::Limit::Levels levels = levels_of(*limit);
    metrics.in_flight = levels.in_flight;
    metrics.limit = levels.limit;
    metrics.waiting = levels.waiting;
    metrics.p99_s = levels.p99_s;
  }
  return all;
}

}  // namespace penstock
