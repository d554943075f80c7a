#include "gateway/filters/limits/admission.h"

#include <algorithm>

#include "gateway/base/number_text.h"

namespace penstock::filters {

Admission::Admission(Queued::Tell told, void* owner)
    : told_(told),
      owner_(owner),
      queued_([](void* self, bool has_place) { static_cast<Admission*>(self)->on_told(has_place); }, this) {}

void Admission::begin(std::span<const Gate> gates, conf::Priority priority) {
  gates_ = gates;
  next_ = 0;
  priority_ = priority;
  rate_limit_.clear();
  rate_limit_policy_.clear();
}

void Admission::go_elsewhere(std::span<const Gate> gates) {
  gates_ = gates;
  next_ = 0;
}

Ruling Admission::go_on(Asked asked) {
  worker_ = asked.worker;
  asked.priority = priority_;
  while (next_ < gates_.size()) {
    const Gate& gate = gates_[next_++];
    Limit& limit = *gate.limit;
    const bool enforced = limit.config().enforce;
    asked.reserve_share = gate.classes ? gate.classes->reserve_share(priority_, asked.now) : 0;
    asked.beyond_share = gate.classes ? gate.classes->beyond_share(priority_, asked.now) : 0;
    asked.queued = enforced && told_ ? &queued_ : nullptr;
    Hold hold;
    const Ruling ruling = limit.ask(asked, hold);
    if (!ruling.for_place) limit.count(asked.worker, ruling.decision);  // else once it is known how that ends
    if (hold.limit != nullptr) holds_.push_back(std::move(hold));
    if (!enforced) continue;
    if (ruling.tells) note(limit, ruling);
    if (ruling.decision != Decision::pass) return ruling;
  }
  return {};
}

bool Admission::crowded() const {
  return std::any_of(holds_.begin(), holds_.end(), [](const Hold& hold) { return hold.permit.crowded(); });
}

/// The hold of what it waits for is the last one: nothing was asked since.
void Admission::on_told(bool has_place) {
  if (has_place) {
    holds_.back().permit = std::move(queued_.place);
    holds_.back().queued = nullptr;
    gates_[next_ - 1].limit->count(worker_, Decision::wait);
  }
  told_(owner_, has_place);
}

Ruling Admission::sent_away(Nanos now) {
  Limit& limit = *gates_[next_ - 1].limit;
  limit.release(holds_.back(), {.now = now, .worker = worker_, .gave_up = true});
  limit.count(worker_, Decision::refuse);
  holds_.pop_back();
  return Ruling::refused(kSoon);
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
