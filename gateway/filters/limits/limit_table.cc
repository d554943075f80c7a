#include "gateway/filters/limits/limit_table.h"

#include <algorithm>

#include "gateway/base/key_values.h"
#include "gateway/filters/limits/make_limit.h"

namespace penstock::filters {
namespace {

/// Of a limit's hash of keys: the same as long as the process runs, so that a limit whose settings change knows its
/// keys.
SipKey secret_of(const std::string& where, const std::string& name, const SipKey& key) {
  return {siphash(key, where + "\n" + name), key.k1};
}

/// A word means the same to two limits if this is the same.
std::string settings_of(const Limit& limit) {
  const conf::Limit& config = limit.config();
  std::string text = limit.where() + "\n" + config.name;
  for (const std::uint64_t each :
       {static_cast<std::uint64_t>(config.kind), std::uint64_t{config.rate.count},
        static_cast<std::uint64_t>(config.rate.per.count()), std::uint64_t{config.burst}, std::uint64_t{config.limit},
        static_cast<std::uint64_t>(config.window.count()), static_cast<std::uint64_t>(config.queue)})
    text += "\n" + std::to_string(each);
  for (const conf::RequestKey& key : config.key) text += "\n" + key.text();
  return text;
}

}  // namespace

LimitTable::LimitTable(const conf::Config& config, unsigned workers, const SipKey& key, const LimitTable* before,
                       Nanos now) {
  const Known known = before ? before->known() : Known();
  const auto make = [&](const conf::Limit& limit, const std::string& where) {
    const auto found = known.find({where, limit.name});
    if (found != known.end() && found->second->config() == limit) {
      limits_.push_back(found->second);
    } else {
      limits_.push_back(make_limit(limit, where, workers, secret_of(where, limit.name, key)));
      fresh_.push_back(limits_.back().get());
      if (found != known.end()) limits_.back()->learn_from(*found->second, now);
    }
    return limits_.back().get();
  };
  const auto make_classes = [&] { return classes_.emplace_back(std::make_unique<ClassesInUse>()).get(); };
  std::vector<std::vector<Gate>> of_upstream(config.upstreams.size());
  for (std::size_t i = 0; i < config.upstreams.size(); ++i) {
    const conf::Upstream& upstream = config.upstreams[i];
    ClassesInUse* classes = upstream.limits.empty() ? nullptr : make_classes();
    for (const conf::Limit& limit : upstream.limits)
      of_upstream[i].push_back({make(limit, "upstream " + upstream.name), classes});
  }
  gates_.resize(config.routes.size());
  fallback_gates_.resize(config.routes.size());
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const conf::Route& route = config.routes[i];
    // All of a route's requests are of its class, unless they may say otherwise themselves.
    const bool several = !config.priority_header.empty() && !route.limits.empty();
    ClassesInUse* classes = several ? make_classes() : nullptr;
    for (const conf::Limit& limit : route.limits) gates_[i].push_back({make(limit, "route " + route.id), classes});
    if (route.upstream) {
      for (const Gate& gate : of_upstream[*route.upstream]) {
        gates_[i].push_back(gate);
        gate.classes->expect(route.priority);
      }
    }
    if (route.fallback && route.fallback->upstream) fallback_gates_[i] = of_upstream[*route.fallback->upstream];
  }
  if (!limits_.empty()) return;
  gates_.clear();
  fallback_gates_.clear();
}

std::string LimitTable::memory() const {
  KeyValues values;
  for (const auto& limit : limits_) values[settings_of(*limit)] = limit->memory();
  return packed(values);
}

void LimitTable::recall(std::string_view memory) {
  const auto values = unpacked_key_values(memory);
  for (const auto& limit : limits_) {
    const auto found = values ? values->find(settings_of(*limit)) : KeyValues::const_iterator();
    if (values && found != values->end()) limit->recall(found->second);
  }
}

LimitTable::Known LimitTable::known() const {
  Known known;
  for (const auto& limit : limits_) known.emplace(std::pair(limit->where(), limit->config().name), limit);
  return known;
}

std::span<const Gate> LimitTable::gates(std::uint32_t route) const {
  return route < gates_.size() ? std::span<const Gate>(gates_[route]) : std::span<const Gate>();
}

std::span<const Gate> LimitTable::fallback_gates(std::uint32_t route) const {
  return route < fallback_gates_.size() ? std::span<const Gate>(fallback_gates_[route]) : std::span<const Gate>();
}

void LimitTable::call_workers_by(const OnWorker& on_worker) {
  for (Limit* limit : fresh_) limit->call_workers_by(on_worker);
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
