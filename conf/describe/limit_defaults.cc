#include "conf/describe/limit_defaults.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "conf/limit_kind.h"

namespace penstock::conf {
namespace {

/// An adaptive LIFO stands when it has not been empty for this long, which is what its authors found bearable
/// (limiters/waiting_room.h).
constexpr milliseconds kPatience{100};

milliseconds usual_wait(QueueOrder order) {
  return order == QueueOrder::priority ? kPatience : Limit{}.max_wait;
}

/// What comes in one second, at least 1: who is within the rate is not refused for how the requests fall.
std::uint32_t usual_burst(const Rate& rate) {
  const auto in_a_second = std::uint64_t{rate.count} * 1'000 / static_cast<std::uint64_t>(rate.per.count());
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(in_a_second, 1));
}

/// The kind's name, or that with the first number that is free.
std::string free_name(LimitKind kind, const std::set<std::string>& taken) {
  const std::string plain(name_of(kind));
  std::string name = plain;
  for (int number = 2; taken.count(name) > 0; ++number) name = plain + "-" + std::to_string(number);
  return name;
}

}  // namespace

void complete_limit(Limit& limit, const Node& node, Problems&) {
  const Entry* own = nullptr;
  for (const auto& [name, kind] : kLimitKinds) {
    if (const Entry* entry = node.find(name)) own = entry, limit.kind = kind;
  }
  if (!own) return;  // which is a problem
  if (limit.kind == LimitKind::token_bucket && !own->value->has("burst")) limit.burst = usual_burst(limit.rate);
  if (limit.kind == LimitKind::concurrency && !own->value->has("max_wait")) limit.max_wait = usual_wait(limit.order);
}

void name_limits(std::vector<Limit>& limits) {
  std::set<std::string> taken;
  for (const Limit& limit : limits) taken.insert(limit.name);
  for (Limit& limit : limits) {
    if (limit.name.empty()) limit.name = free_name(limit.kind, taken);
    taken.insert(limit.name);
  }
}

}  // namespace penstock::conf
