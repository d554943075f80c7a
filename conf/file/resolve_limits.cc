// resolve_limits() and its inverse: between `limits` as written and the limits as used.
#include <algorithm>
#include <set>

#include "conf/file/resolve.h"
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

void take_window(const DraftWindow& draft, Limit& limit) {
  limit.limit = draft.limit;
  limit.window = draft.window;
}

void take_kind(const DraftLimit& draft, Limit& limit) {
  if (const auto& bucket = draft.token_bucket) {
    limit.kind = LimitKind::token_bucket;
    limit.rate = bucket->rate;
    limit.burst = bucket->burst.value_or(usual_burst(bucket->rate));
  } else if (draft.sliding_window) {
    limit.kind = LimitKind::sliding_window;
    take_window(*draft.sliding_window, limit);
  } else if (draft.fixed_window) {
    limit.kind = LimitKind::fixed_window;
    take_window(*draft.fixed_window, limit);
  } else if (const auto& queue = draft.leaky_bucket) {
    limit.kind = LimitKind::leaky_bucket;
    limit.rate = queue->rate;
    limit.queue = queue->queue;
    limit.max_wait = queue->max_wait;
  } else if (draft.concurrency) {
    limit.kind = LimitKind::concurrency;
    limit.limit = draft.concurrency->limit;
    limit.queue = draft.concurrency->queue;
    limit.order = draft.concurrency->order;
    limit.max_wait = draft.concurrency->max_wait.value_or(usual_wait(limit.order));
  } else if (draft.adaptive) {
    limit.kind = LimitKind::adaptive;
    limit.p99 = draft.adaptive->p99;
  }
}

void write_kind(const Limit& limit, DraftLimit& draft) {
  switch (limit.kind) {
    case LimitKind::token_bucket:
      draft.token_bucket = {limit.rate, limit.burst};
      break;
    case LimitKind::sliding_window:
      draft.sliding_window = {limit.limit, limit.window};
      break;
    case LimitKind::fixed_window:
      draft.fixed_window = {limit.limit, limit.window};
      break;
    case LimitKind::leaky_bucket:
      draft.leaky_bucket = {limit.rate, limit.queue, limit.max_wait};
      break;
    case LimitKind::concurrency:
      draft.concurrency = {limit.limit, limit.queue, limit.max_wait, limit.order};
      break;
    case LimitKind::adaptive:
      draft.adaptive = {limit.p99};
      break;
  }
}

Limit resolve_limit(DraftLimit draft) {
  Limit limit;
  take_kind(draft, limit);
  limit.name = std::move(draft.name);
  limit.key = std::move(draft.key);
  limit.max_keys = draft.max_keys.value_or(limit.max_keys);
  limit.enforce = draft.enforce;
  return limit;
}

DraftLimit to_draft(const Limit& limit) {
  DraftLimit draft;
  write_kind(limit, draft);
  draft.name = limit.name;
  draft.key = limit.key;
  if (!limit.key.empty()) draft.max_keys = limit.max_keys;
  draft.enforce = limit.enforce;
  return draft;
}

/// The kind's name, or that with the first number that is free: "token_bucket", "token_bucket-2", ….
std::string free_name(LimitKind kind, const std::set<std::string>& taken) {
  const std::string plain(name_of(kind));
  std::string name = plain;
  for (int number = 2; taken.count(name) > 0; ++number) name = plain + "-" + std::to_string(number);
  return name;
}

}  // namespace

std::vector<Limit> resolve_limits(std::vector<DraftLimit> drafts) {
  std::vector<Limit> limits;
  for (DraftLimit& draft : drafts) limits.push_back(resolve_limit(std::move(draft)));
  std::set<std::string> taken;
  for (const Limit& limit : limits) taken.insert(limit.name);
  for (Limit& limit : limits) {
    if (limit.name.empty()) limit.name = free_name(limit.kind, taken);
    taken.insert(limit.name);
  }
  return limits;
}

std::vector<DraftLimit> to_draft(const std::vector<Limit>& limits) {
  std::vector<DraftLimit> drafts;
  for (const Limit& limit : limits) drafts.push_back(to_draft(limit));
  return drafts;
}

}  // namespace penstock::conf
