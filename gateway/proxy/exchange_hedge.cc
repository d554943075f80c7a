// Hedging: a second try at another endpoint beside one that takes long. The first that answers is passed on, and the
// other one dropped (Dean & Barroso, "The tail at scale", CACM 2013).
//
// While both are under way neither has told the client anything, interim answers included: what one endpoint announces
// need not hold for the other's answer.
#include <algorithm>
#include <utility>

#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

namespace penstock::proxy {
namespace {

/// Where all answers take less than this, nobody is helped by a second one.
constexpr Nanos kLeastWait = kNanosPerMilli;

}  // namespace

/// Until when the try that has just been sent may take; Hedging::kUnknown: there are too few answers to say.
Nanos Exchange::hedge_wait() const {
  const conf::HedgeAfter after = *retry_policy().hedge_after;
  if (after) return static_cast<Nanos>(after->count()) * kNanosPerMilli;
  return std::max(kLeastWait, cluster_->hedging().p95_ns());
}

/// The request has been sent whole. A client that is to stay at an endpoint has something there that others have not.
void Exchange::plan_hedge() {
  if (!action_.hedges) return;
  limiters::Hedging& hedging = cluster_->hedging();
  if (hedged_ || !may_repeat(true) || upgrades(*head_)) return;
  hedging.count_request();
  const Nanos wait = hedge_wait();
  if (wait == limiters::Hedging::kUnknown || too_late_after(wait)) return;
  if (stuck_to() != balancers::kNoMember) return;
  context_->loop.arm(hedge_due_, wait);
}

/// The budgets come last, so that nothing is taken from them in vain.
bool Exchange::may_hedge() {
  if (request_ != RequestState::sent || response_ != ResponseState::waiting) return false;
  if (too_late_after(0) || admission_.crowded()) return false;
  forget_other_generations();
  note_tried(*attempt_);
  if (!has_other_endpoint(false)) return false;
  return cluster_->hedging().try_hedge() && cluster_->try_retry(observe::RetryReason::hedge);
}

void Exchange::fire_hedge() {
  if (!may_hedge()) return;
  hedged_ = true;
  Attempt& second = attempt_ == &first_ ? second_ : first_;
  upstream::Refusal refusal;
  if (!second.begin(*cluster_, head_->method, choice(false), context_->loop.now(), refusal)) return;
  ++tries_;
  hedge_ = &second;
  if (second.connection().connected()) send_hedge();
}

void Exchange::send_hedge() {
  write_request(*hedge_);
  hedge_->send_end({}, head_timeout(), context_->loop.now());
}

// ---- one of two tries comes to something

/// Drops the other one.
void Exchange::keep(Attempt& attempt) {
  if (&attempt == hedge_) cluster_->stats().hedges_won.add();
  (&attempt == hedge_ ? attempt_ : hedge_)->drop();
  attempt_ = &attempt;
  hedge_ = nullptr;
}

/// A failed try is forgotten, and costs the policy none: the other one is the request's try from now on.
void Exchange::go_on_without(Attempt& failed) {
  note_tried(failed);
  keep(&failed == hedge_ ? *attempt_ : *hedge_);
  if (attempt_->sent() != 0) return;
  request_.follow(RequestState::choosing);
  request_.follow(RequestState::connecting);
}

/// The head of an answer while there is another try. False if the answer is not to be passed on: that one may have a
/// better.
bool Exchange::comes_first(Attempt& attempt, int status, bool overload) {
  if (overload || listed(conf::status_cause(status))) {
    count_answer(attempt, status);
    go_on_without(attempt);
    return false;
  }
  give_up(&attempt == hedge_ ? *attempt_ : *hedge_);
  keep(attempt);
  return true;
}

void Exchange::fails_beside_another(Attempt& attempt, ErrorKind kind) {
  if (!stale_connection(attempt, kind)) attempt.failed(context_->loop.now());
  go_on_without(attempt);
}

/// A try without an answer that is no longer waited for. What it would have taken is more than it took so far.
void Exchange::give_up(Attempt& attempt) {
  const Nanos now = context_->loop.now();
  attempt.abandoned(now);
  if (action_.hedges && attempt.sent() != 0) cluster_->hedging().gave_up(now - attempt.sent(), now);
}

/// Both, if there are two. Nothing is waited for any more.
void Exchange::drop_attempts() {
  hedge_due_.cancel();
  attempt_->drop();
  if (hedge_) std::exchange(hedge_, nullptr)->drop();
}

}  // namespace penstock::proxy
