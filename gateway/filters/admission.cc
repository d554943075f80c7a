#include "gateway/filters/admission.h"

#include <algorithm>

#include "gateway/base/number_text.h"

namespace penstock::filters {

void Admission::begin(std::span<const Gate> gates) {
  gates_ = gates;
  next_ = 0;
  rate_limit_.clear();
  rate_limit_policy_.clear();
}

Ruling Admission::go_on(Asked asked) {
  while (next_ < gates_.size()) {
    const Gate& gate = gates_[next_++];
    Limit& limit = *gate.limit;
    asked.reserve_share = gate.reserve_share;
    Hold hold;
    const Ruling ruling = limit.ask(asked, hold);
    limit.count(asked.worker, ruling.decision);
    const bool enforced = limit.config().enforce;
    if (hold.limit != nullptr) holds_.push_back(std::move(hold));
    if (!enforced) continue;
    if (ruling.tells) note(limit, ruling);
    if (ruling.decision != Decision::pass) return ruling;
  }
  return {};
}

void Admission::note(const Limit& limit, const Ruling& ruling) {
  const std::uint64_t reset_s = ruling.reset_after == 0 ? 0 : retry_seconds(ruling.reset_after);
  const bool first = rate_limit_.empty();
  if (!first) {
    rate_limit_ += ", ";
    rate_limit_policy_ += ", ";
  }
  rate_limit_.append("\"").append(limit.config().name).append("\";r=");
  append_number(rate_limit_, ruling.remaining);
  rate_limit_ += ";t=";
  append_number(rate_limit_, reset_s);
  rate_limit_policy_ += limit.policy();
  if (first || ruling.remaining < tightest_.remaining) tightest_ = {limit.quota(), ruling.remaining, reset_s};
}

void Admission::end(const Ending& ending) {
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    Ending its = ending;
    its.gave_up = ending.gave_up && i + 1 == holds_.size();  // turns before the last one were used
    holds_[i].limit->release(holds_[i], its);
  }
  holds_.clear();
}

std::uint64_t retry_seconds(Nanos wait) {
  return std::max<std::uint64_t>(1, (wait + kNanosPerSecond - 1) / kNanosPerSecond);
}

}  // namespace penstock::filters
