// A call's second try, beside one that takes long.
//
// While both are under way neither has told the owner anything.
#include <utility>

#include "gateway/proxy/call/balancing_key.h"
#include "gateway/proxy/call/upstream_call.h"

namespace penstock::proxy {

/// The request has been sent whole. A client that is to stay at an endpoint has something there that others have not.
void UpstreamCall::plan_hedge(Sent& sent) {
  const conf::Retry* const policy = run_.policy.retry;
  if (!policy || !policy->hedge_after) return;
  limiters::Hedging& hedging = run_.cluster->hedging();  // answers to what is never hedged count, too
  if (hedged_ || run_.request.upgrades) return;
  const ReplayBody& body = *run_.request.body;
  const Tried tried = {.repeatable = run_.repeatable, .kept = body.sendable(), .kept_bytes = body.bytes().size()};
  if (!may_repeat(tried, policy, true)) return;
  hedging.count_request();
  const Nanos wait = hedge_wait(*policy->hedge_after, hedging);
  if (wait == limiters::Hedging::kUnknown || too_late(time_left(), wait)) return;
  if (stuck_to(*run_.cluster, *run_.request.head) != balancers::kNoMember) return;
  run_.loop->arm(sent.hedge_due, wait);
}

/// The budgets come last, so that nothing is taken from them in vain.
bool UpstreamCall::may_hedge() {
  if (state() != CallState::sent || run_.status != 0) return false;
  if (too_late(time_left(), 0) || owner_.crowded()) return false;
  run_.tried.follow(run_.cluster->generation());
  run_.tried.note(race_.lead().endpoint().index);
  if (!run_.cluster->has_untried(run_.tried.all())) return false;
  return run_.cluster->hedging().try_hedge() && run_.cluster->try_retry(observe::RetryReason::hedge);
}

void UpstreamCall::fire_hedge() {
  if (!may_hedge()) return;
  hedged_ = true;
  Attempt& second = race_.spare();
  upstream::Refusal refusal;
  if (!second.begin(*run_.cluster, run_.request.head->method, choice(false), now(), refusal)) return;
  ++tries_;
  race_.run_beside();
  if (second.stream().ready()) send_hedge();
}

void UpstreamCall::send_hedge() {
  Attempt& second = *race_.beside();
  write_request(second);
  second.send_end({}, head_timeout(), now());
}

// ---- one of two tries comes to something

/// A failed try is forgotten, and costs the policy none: the other one is the request's try from now on.
void UpstreamCall::go_on_without(Attempt& failed) {
  run_.tried.follow(run_.cluster->generation());
  run_.tried.note(failed.endpoint().index);
  if (race_.keep(race_.other_than(failed))) run_.cluster->stats().hedges_won.add();
  if (race_.lead().sent() != 0) return;
  enter<Choosing>();
  enter<Connecting>();
}

/// The head of an answer while there is another try. False if the answer is not to be passed on: that one may have a
/// better.
bool UpstreamCall::comes_first(Attempt& attempt, int status, bool overload) {
  if (overload || listed(*run_.policy.retry, conf::status_cause(status))) {
    count_answer(attempt, status);
    go_on_without(attempt);
    return false;
  }
  give_up(race_.other_than(attempt));
  if (race_.keep(attempt)) run_.cluster->stats().hedges_won.add();
  return true;
}

/// A try without an answer that is no longer waited for. What it would have taken is more than it took so far.
void UpstreamCall::give_up(Attempt& attempt) {
  attempt.abandoned(now());
  const bool hedges = run_.policy.retry && run_.policy.retry->hedge_after;
  if (hedges && attempt.sent() != 0) run_.cluster->hedging().gave_up(now() - attempt.sent(), now());
}

}  // namespace penstock::proxy
