#include "gateway/proxy/call/retry.h"

#include <algorithm>

namespace penstock::proxy {
namespace {

using observe::RetryReason;
using upstream::Failure;
using Stage = upstream::Failure::Stage;

constexpr Nanos kLeastTime = kNanosPerMilli;

/// Kept of a body for a fallback's upstream, where no policy says how much.
constexpr std::uint64_t kFallbackReplayMax = 64 << 10;

/// Without a policy: other endpoints that are tried for one that can't be connected to.
constexpr std::uint8_t kConnectRetries = 2;

/// Needs no setting: RFC 9110 §9.2.2 allows it.
bool fresh_connection_helps(const Failure& failure, const Tried& tried) {
  if (!failure.may_be_stale() || tried.stale_retried || !tried.kept) return false;
  return !failure.sent || tried.idempotent;
}

/// There was no connection, and so nothing was sent. Another endpoint may have one.
Next without_policy(const Failure& failure, const Tried& tried) {
  const bool tries = failure.stage == Stage::connecting && tried.retries < kConnectRetries && tried.untried &&
                     !too_late(tried.time_left, 0);
  return tries ? Next{Again::elsewhere, RetryReason::connect_failure} : Next{};
}

/// What the policy says of the cause. `same_endpoints`: when all have been tried, they may be tried once more.
Next by_policy(conf::RetryCause cause, RetryReason reason, bool same_endpoints, const Tried& tried,
               const conf::Retry& policy, Nanos wait) {
  if (tried.retries + 1u >= policy.attempts || !listed(policy, cause)) return {};
  if (too_late(tried.time_left, wait)) return {};
  if (tried.untried) return {Again::later, reason, wait};
  return same_endpoints && tried.usable ? Next{Again::later, reason, wait, true} : Next{};
}

}  // namespace

std::uint64_t replay_max(const conf::Retry* policy) {
  return policy ? policy->max_body : kFallbackReplayMax;
}

/// What is kept in case the connection turns out to be closed may be longer than what the policy repeats.
bool may_repeat(const Tried& tried, const conf::Retry* policy, bool sent) {
  if (!tried.kept) return false;
  return !sent || (tried.repeatable && tried.kept_bytes <= replay_max(policy));
}

bool too_late(Nanos time_left, Nanos wait) {
  return time_left < wait + kLeastTime;
}

bool listed(const conf::Retry& policy, conf::RetryCause cause) {
  return std::find(policy.on.begin(), policy.on.end(), cause) != policy.on.end();
}

Nanos longest_backoff(const conf::Retry& policy, std::uint8_t retries) {
  return std::min(nanos(policy.max_backoff), nanos(policy.backoff) << retries);
}

Next after_failure(const Failure& failure, const Tried& tried, const conf::Retry* policy, Nanos wait) {
  if (fresh_connection_helps(failure, tried)) return {Again::fresh, RetryReason::stale_connection};
  if (!policy) return without_policy(failure, tried);
  if (!may_repeat(tried, policy, failure.sent)) return {};
  if (failure.stage == Stage::connecting)
    return by_policy(conf::RetryCause::connect_failure, RetryReason::connect_failure, true, tried, *policy, wait);
  const bool broken = failure.kind == ErrorKind::upstream_reset || failure.kind == ErrorKind::tls_protocol;
  if (broken && failure.stage == Stage::waiting)
    return by_policy(conf::RetryCause::reset, RetryReason::reset, true, tried, *policy, wait);
  if (failure.kind == ErrorKind::first_byte_timeout)
    return by_policy(conf::status_cause(504), RetryReason::timeout, true, tried, *policy, wait);
  return {};
}

Next after_answer(int status, bool overload, const Tried& tried, const conf::Retry& policy, Nanos wait) {
  constexpr int kLeastFailure = 400;
  if (status < kLeastFailure || !may_repeat(tried, &policy, true)) return {};
  return by_policy(conf::status_cause(status), RetryReason::status, !overload, tried, policy, wait);
}

}  // namespace penstock::proxy
