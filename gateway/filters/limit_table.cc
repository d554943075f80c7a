#include "gateway/filters/limit_table.h"

#include <algorithm>
#include <bitset>

namespace penstock::filters {
namespace {

/// Of a limit's places: what each class in use leaves free for the one above it.
constexpr std::uint32_t kReservePerClass = 15;
constexpr std::size_t kClasses = 4;
using Classes = std::bitset<kClasses>;

/// The places that a class leaves to the higher ones that there are.
std::uint32_t reserve_share(conf::Priority priority, const Classes& in_use) {
  std::uint32_t share = 0;
  for (std::size_t higher = 0; higher < static_cast<std::size_t>(priority); ++higher)
    share += in_use.test(higher) ? kReservePerClass : 0;
  return share;
}

}  // namespace

LimitTable::LimitTable(const conf::Config& config, unsigned workers, const SipKey& key) {
  const auto make = [&](const conf::Limit& limit, const std::string& where) {
    limits_.push_back(make_limit(limit, where, workers, {key.k0 + limits_.size(), key.k1}));
    return limits_.back().get();
  };
  std::vector<std::vector<Limit*>> of_upstream(config.upstreams.size());
  for (std::size_t i = 0; i < config.upstreams.size(); ++i) {
    const conf::Upstream& upstream = config.upstreams[i];
    for (const conf::Limit& limit : upstream.limits) of_upstream[i].push_back(make(limit, "upstream " + upstream.name));
  }
  std::vector<Classes> classes_at(config.upstreams.size());
  for (const conf::Route& route : config.routes) {
    if (route.upstream) classes_at[*route.upstream].set(static_cast<std::size_t>(route.priority));
  }
  gates_.resize(config.routes.size());
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const conf::Route& route = config.routes[i];
    for (const conf::Limit& limit : route.limits) gates_[i].push_back({make(limit, "route " + route.id), 0});
    if (!route.upstream) continue;
    const std::uint32_t reserve = reserve_share(route.priority, classes_at[*route.upstream]);
    for (Limit* limit : of_upstream[*route.upstream]) gates_[i].push_back({limit, reserve});
  }
  if (limits_.empty()) gates_.clear();
}

std::span<const Gate> LimitTable::gates(std::uint32_t route) const {
  return route < gates_.size() ? std::span<const Gate>(gates_[route]) : std::span<const Gate>();
}

bool LimitTable::wants_ticks() const {
  return std::any_of(limits_.begin(), limits_.end(), [](const auto& limit) { return limit->wants_ticks(); });
}

void LimitTable::tick(Nanos now) {
  for (const auto& limit : limits_) {
    if (limit->wants_ticks()) limit->tick(now);
  }
}

}  // namespace penstock::filters
