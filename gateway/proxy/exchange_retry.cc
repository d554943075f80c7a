// When an exchange tries again, and the wait before it.
#include <algorithm>

#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

namespace penstock::proxy {
namespace {

/// Nothing is begun that can't finish: a try must have this long for itself.
constexpr Nanos kLeastTime = kNanosPerMilli;

/// Kept of a body on a pooled connection, in case that turns out to be closed.
constexpr std::size_t kStaleReplayMax = 16 << 10;

/// Kept of a body for a fallback's upstream, where no policy says how much.
constexpr std::uint64_t kFallbackReplayMax = 64 << 10;

/// Without a policy: other endpoints that are tried for one that can't be connected to.
constexpr std::uint8_t kConnectRetries = 2;

Nanos nanos(conf::milliseconds duration) {
  return static_cast<Nanos>(duration.count()) * kNanosPerMilli;
}

}  // namespace

// ---- what is needed for it

Nanos Exchange::time_left() const {
  const Nanos now = context_->loop.now();
  return due_ > now ? due_ - now : 0;
}

bool Exchange::too_late_after(Nanos wait) const {
  return time_left() < wait + kLeastTime;
}

const conf::Retry& Exchange::retry_policy() const {
  if (degraded_ != ErrorKind::none) return *cluster_->config().retry;
  return *view_->config.routes[route_index_].retry;
}

/// Whether the policy tries it again.
bool Exchange::listed(conf::RetryCause cause) const {
  const conf::Retry& policy = retry_policy();
  return std::find(policy.on.begin(), policy.on.end(), cause) != policy.on.end();
}

/// How long a try may wait for the head of its answer.
Nanos Exchange::head_timeout() const {
  const Nanos first_byte = action_.first_byte();
  if (!action_.retries) return first_byte;
  const auto per_try = retry_policy().per_try_timeout;
  return per_try ? std::min(first_byte, nanos(*per_try)) : first_byte;
}

/// The longest body of a request that may be sent twice.
std::uint64_t Exchange::replay_max() const {
  return action_.retries ? retry_policy().max_body : kFallbackReplayMax;
}

void Exchange::keep_for_replay(std::string_view bytes) {
  std::uint64_t most = attempt_->connection().reused() ? kStaleReplayMax : 0;
  if (repeatable_) most = std::max(most, replay_max());
  replayable_ = replay_.size() + bytes.size() <= most;
  if (replayable_) {
    replay_.append(bytes);
  } else {
    replay_.clear();
  }
}

/// Whether the request can be sent once more. `sent`: the endpoint may have had some of it. What is kept in case the
/// connection turns out to be closed may be longer than what the policy repeats.
bool Exchange::may_repeat(bool sent) const {
  if (!replayable_ || mid_chunk_) return false;
  return !sent || (repeatable_ && replay_.size() <= replay_max());
}

// ---- the occasions

/// A connection from the pool was being closed by the endpoint while the request was on its way (RFC 9110 §9.2.2,
/// RFC 9112 §9.3.1). That says nothing against the endpoint, needs no setting, and costs the budget nothing.
bool Exchange::stale_connection(const Attempt& attempt, ErrorKind kind) const {
  if (kind != ErrorKind::upstream_reset || stale_retried_ || !replayable_ || mid_chunk_) return false;
  if (!attempt.connection().reused() || attempt.connection().answered()) return false;
  return attempt.connection().nothing_sent() || http::idempotent(head_->method);
}

/// The attempt has failed without an answer. True if there will be, or is, another one; the exchange may be over.
bool Exchange::tries_again(ErrorKind kind) {
  using observe::RetryReason;
  const bool no_connection = !attempt_->connection().connected();
  if (!action_.retries) return no_connection && connects_elsewhere();
  if (!may_repeat(!attempt_->connection().nothing_sent())) return false;
  if (no_connection) return backs_off(conf::RetryCause::connect_failure, RetryReason::connect_failure, true);
  const bool broken = kind == ErrorKind::upstream_reset || kind == ErrorKind::tls_protocol;
  if (broken && !attempt_->connection().answered()) {
    return backs_off(conf::RetryCause::reset, RetryReason::reset, true);
  }
  if (kind == ErrorKind::first_byte_timeout) return backs_off(conf::status_cause(504), RetryReason::timeout, true);
  return false;
}

/// The same for an answer, of which nothing has been passed on yet. An endpoint that says when to come back
/// (`overload`) is not asked again.
bool Exchange::tries_again(const http::ResponseHead& head, bool overload) {
  constexpr int kLeastFailure = 400;
  if (head.status < kLeastFailure || !may_repeat(true)) return false;
  if (!backs_off(conf::status_cause(head.status), observe::RetryReason::status, !overload)) return false;
  count_answer(*attempt_, head.status);
  return true;
}

/// Without a policy: there was no connection, and so nothing was sent. Another endpoint may have one; at once.
bool Exchange::connects_elsewhere() {
  if (retries_ == kConnectRetries) return false;
  note_tried(*attempt_);
  if (!has_other_endpoint(false) || too_late_after(0)) return false;
  if (!cluster_->try_retry(observe::RetryReason::connect_failure)) return false;
  ++retries_;
  attempt_->drop();
  choose(false);
  return true;
}

// ---- doing it

void Exchange::note_tried(const Attempt& attempt) {
  const std::uint32_t index = attempt.endpoint().index;
  const auto end = tried_.begin() + tried_count_;
  if (tried_count_ == tried_.size() || std::find(tried_.begin(), end, index) != end) return;
  tried_[tried_count_++] = index;
}

/// `same_endpoints`: when all have been tried, they may be tried once more.
bool Exchange::has_other_endpoint(bool same_endpoints) {
  if (cluster_->has_untried(std::span(tried_).first(tried_count_))) return true;
  if (!same_endpoints) return false;
  tried_count_ = 0;
  return cluster_->has_untried({});
}

/// Full jitter (Brooker, "Exponential backoff and jitter", 2015): even in [0, min(max_backoff, backoff * 2^n)].
Nanos Exchange::draw_backoff(const conf::Retry& policy) {
  const Nanos span = std::min(nanos(policy.max_backoff), nanos(policy.backoff) << retries_);
  return context_->random.below(span + 1);
}

/// Begins the wait for another try, if the policy, the time that is left and the budget allow one; the budget comes
/// last so that nothing is taken from it in vain.
bool Exchange::backs_off(conf::RetryCause cause, observe::RetryReason reason, bool same_endpoints) {
  const conf::Retry& policy = retry_policy();
  if (retries_ + 1u >= policy.attempts || !listed(cause)) return false;
  note_tried(*attempt_);
  if (!has_other_endpoint(same_endpoints)) return false;
  const Nanos wait = draw_backoff(policy);
  if (too_late_after(wait) || !cluster_->try_retry(reason)) return false;
  ++retries_;
  // What is left of an answer is read meanwhile, so that its connection can be used again.
  if (reason != observe::RetryReason::status || request_ != RequestState::sent) attempt_->drop();
  if (!request_complete_) client_->pause_request();
  request_.follow(RequestState::backing_off);
  context_->loop.arm(backoff_, wait);
  return true;
}

void Exchange::fire_backoff() {
  attempt_->drop();
  choose(false);
}

}  // namespace penstock::proxy
