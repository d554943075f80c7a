#include "gateway/proxy/call/upstream_call.h"

#include <algorithm>
#include <utility>

#include "gateway/http/h1_head.h"
#include "gateway/proxy/call/balancing_key.h"
#include "gateway/upstream/sticky.h"

namespace penstock::proxy {
namespace {

/// Kept of a body on a connection from the pool, in case that turns out to be closed.
constexpr std::uint64_t kStaleReplayMax = 16 << 10;

/// draft-ietf-httpapi-idempotency-key-header: the endpoint knows a repetition by it.
bool has_idempotency_key(const http::RequestHead& head) {
  const http::Field* key = head.find(http::FieldId::idempotency_key);
  return key && !key->value.empty() && !http::named_by_connection(head, *key);
}

/// RFC 9110 §15.2.2: the answer names what is switched to; it must be what was asked for.
bool is_websocket(const http::ResponseHead& head) {
  return head.version == http::Version::http11 && head.wants_upgrade &&
         std::all_of(head.fields.begin(), head.fields.end(), [](const http::Field& field) {
           return field.id != http::FieldId::upgrade || http::iequals(field.value, "websocket");
         });
}

/// Empty for a client that has the right one. Nobody is to stay where things go wrong.
std::string cookie_for(const upstream::Cluster& cluster, const upstream::EndpointPool& endpoint,
                       const http::RequestHead& request, int status) {
  const std::string_view token = cluster.sticky_token(endpoint);
  if (token.empty() || status >= 500 || endpoint.index == stuck_to(cluster, request)) return {};
  return upstream::sticky_cookie(*cluster.config().sticky, token);
}

std::string proxy_header_for(const conf::Upstream& config, const std::optional<ProxiedConnection>& whom) {
  const bool v1 = *config.proxy_protocol == conf::ProxyProtocolVersion::v1;
  return write_proxy_header(v1 ? ProxyHeaderVersion::v1 : ProxyHeaderVersion::v2, whom);
}

CallFailure failure_of(const upstream::Refusal& refusal) {
  switch (refusal.error) {
    case ErrorKind::circuit_open:
      return {refusal.error, "circuit_breaker", refusal.retry_after};
    case ErrorKind::no_endpoint:
      return {refusal.error, "no endpoint of the upstream is usable"};
    case ErrorKind::pool_full:
      return {refusal.error, "pool.max_connections"};
    default:
      return {refusal.error, "no connection"};
  }
}

}  // namespace

Nanos UpstreamCall::head_timeout() const {
  const CallPolicy& policy = run_.policy;
  if (!policy.retry || !policy.retry->per_try_timeout) return policy.first_byte;
  return std::min(policy.first_byte, nanos(*policy.retry->per_try_timeout));
}

UpstreamCall::Sent::Sent(UpstreamCall& call) : hedge_due(Deadline::of<&UpstreamCall::fire_hedge>(&call)) {}

UpstreamCall::BackingOff::BackingOff(UpstreamCall& call) : over(Deadline::of<&UpstreamCall::fire_backoff>(&call)) {}

// ---- beginning and ending

void UpstreamCall::restart() {
  run_.cluster = nullptr;
  race_.restart();
  tries_ = 0;
  hedged_ = false;
}

void UpstreamCall::begin(io::Loop& loop, Random& random, upstream::Cluster& cluster, const CallRequest& request,
                         const CallPolicy& policy) {
  run_ = {.loop = &loop, .random = &random, .cluster = &cluster, .request = request, .policy = policy};
  cluster.count_request();
  if (policy.resends) run_.repeatable = http::idempotent(request.head->method) || has_idempotency_key(*request.head);
  const auto key = balancing_key(cluster.config().balancer, *request.head, request.client);
  run_.key = key ? *key : random.next();
  choose(false);
}

void UpstreamCall::drop() {
  race_.drop();
  state_.emplace<Idle>();
}

void UpstreamCall::abandon(ErrorKind why, bool clients_bound) {
  Attempt& lead = race_.lead();
  if (lead.under_way() && run_.status == 0 && state() != CallState::backing_off) {
    const AttemptPhase phase = phase_of(state(), false, lead.stream().ready());
    if (blame_for({.kind = why, .phase = phase, .clients_bound = clients_bound}) == Blame::endpoint) {
      using Stage = upstream::Failure::Stage;
      lead.failed({.kind = why, .stage = phase == AttemptPhase::connecting ? Stage::connecting : Stage::waiting}, phase,
                  now());
    } else {
      give_up(lead);
    }
  }
  if (Attempt* beside = race_.beside()) give_up(*beside);
}

Nanos UpstreamCall::time_left() const {
  const Nanos at = now();
  return run_.policy.due > at ? run_.policy.due - at : 0;
}

// ---- choosing an endpoint

void UpstreamCall::choose(bool fresh) {
  enter<Choosing>();
  if (too_late(time_left(), 0)) {
    owner_.on_call_failed({ErrorKind::total_timeout, "no time is left"});
    return;
  }
  Attempt& attempt = race_.lead();
  upstream::Refusal refusal;
  if (!attempt.begin(*run_.cluster, run_.request.head->method, choice(fresh), now(), refusal)) {
    owner_.on_call_failed(failure_of(refusal));
    return;
  }
  ++tries_;
  if (attempt.stream().ready()) {
    on_ready(attempt);
    return;
  }
  enter<Connecting>();
  if (!run_.request.complete) owner_.pause_request();
}

/// What the balancer is asked.
upstream::Choice UpstreamCall::choice(bool fresh) {
  run_.tried.follow(run_.cluster->generation());
  upstream::Choice choice = {run_.key, run_.random->next(), stuck_to(*run_.cluster, *run_.request.head),
                             run_.tried.all(), fresh};
  if (run_.cluster->config().proxy_protocol) {
    proxy_header_ = proxy_header_for(run_.cluster->config(), owner_.introduction());
    choice.fresh = true;
    choice.proxy_header = proxy_header_;
  }
  return choice;
}

// ---- sending

void UpstreamCall::on_ready(Attempt& attempt) {
  if (race_.is_beside(attempt)) {
    send_hedge();
    return;
  }
  send_request();
  if (attempt.under_way() && !run_.request.complete) owner_.resume_request();
}

void UpstreamCall::send_request() {
  Attempt& attempt = race_.lead();
  write_request(attempt);
  enter<Sending>();
  if (!run_.request.complete) return;
  Sent& sent = enter<Sent>(*this);
  attempt.send_end({}, head_timeout(), now());
  plan_hedge(sent);
}

/// The head, and what has come of the body.
void UpstreamCall::write_request(Attempt& attempt) {
  const http::OutgoingRequest head = owner_.compose(attempt.endpoint().address_text(), time_left());
  upstream::RequestStream& stream = attempt.stream();
  stream.set_idle_timeout(run_.policy.idle);
  stream.send_head(head);
  if (!run_.request.body->bytes().empty()) stream.send_body(run_.request.body->bytes());
}

void UpstreamCall::send_body(std::string_view bytes, const http::ChunkPlace& chunk) {
  Attempt& attempt = race_.lead();
  if (!attempt.under_way()) return;
  if (state() != CallState::tunnel) {
    std::uint64_t most = attempt.stream().reused() ? kStaleReplayMax : 0;
    if (run_.repeatable) most = std::max(most, replay_max(run_.policy.retry));
    run_.request.body->keep(bytes, chunk, most);
  }
  attempt.stream().send_body(bytes, chunk);
  if (attempt.stream().congested()) owner_.pause_request();
}

void UpstreamCall::send_end(std::span<const http::Field> trailers) {
  run_.request.complete = true;
  if (state() != CallState::sending) return;
  if (!trailers.empty()) run_.request.body->cannot_repeat();
  Sent& sent = enter<Sent>(*this);
  race_.lead().send_end(trailers, head_timeout(), now());
  plan_hedge(sent);
}

void UpstreamCall::on_congested() {
  if (!run_.request.complete || state() == CallState::tunnel) owner_.pause_request();
}

void UpstreamCall::on_drained() {
  if (!run_.request.complete || state() == CallState::tunnel) owner_.resume_request();
}

// ---- the answer

void UpstreamCall::pause() {
  if (race_.lead().under_way()) race_.lead().stream().pause();
}

void UpstreamCall::resume() {
  if (race_.lead().under_way()) race_.lead().stream().resume();
}

/// Of two tries the client hears of neither: what one endpoint announces need not hold for the other's answer.
void UpstreamCall::on_interim(const http::ResponseHead& head) {
  if (!race_.beside()) owner_.on_interim(head);
}

void UpstreamCall::on_switch(Attempt& attempt, const http::ResponseHead& head) {
  if (!run_.request.upgrades || !is_websocket(head)) {
    on_failed(attempt, {ErrorKind::upstream_protocol, "an upgrade that was not asked for",
                        upstream::Failure::Stage::answering, true, attempt.stream().reused(), false});
    return;
  }
  attempt.answered(head.status, false, now());  // a success; what the tunnel does later is no matter
  run_.status = head.status;
  attempt.note_answer(now());
  enter<Tunnel>();
  attempt.stream().start_tunnel();
  owner_.on_switch(head);
}

void UpstreamCall::on_answer_head(Attempt& attempt, const http::ResponseHead& head) {
  const bool overload = head.status == 429 || (head.status == 503 && head.find("retry-after") != nullptr);
  attempt.answered(head.status, overload, now());
  if (race_.beside() && !comes_first(attempt, head.status, overload)) return;
  if (run_.policy.retry && head.status >= 400) {
    const Next next = after_answer(head.status, overload, tried_with(attempt), *run_.policy.retry, draw_backoff());
    if (next.again != Again::no && goes_on(attempt, next)) {
      count_answer(attempt, head.status);
      return;
    }
  }
  run_.status = head.status;
  attempt.note_answer(now());
  if (run_.cluster->config().sticky) {
    set_cookie_ = cookie_for(*run_.cluster, attempt.endpoint(), *run_.request.head, head.status);
    owner_.on_answer_head(head, set_cookie_);
  } else {
    owner_.on_answer_head(head, {});
  }
}

/// For the upstream's metrics: an answer that has been passed on, or that another one will be passed on instead of.
void UpstreamCall::count_answer(const Attempt& attempt, int status) {
  run_.cluster->stats().responses.add(run_.request.head->method, status);
  run_.cluster->stats().duration.observe(now() - attempt.started());
}

void UpstreamCall::on_answer_body(std::string_view bytes) {
  if (state() != CallState::backing_off) owner_.on_answer_body(bytes);  // else of an answer that nobody gets
}

void UpstreamCall::on_answer_end(std::span<const http::Field> trailers) {
  if (state() == CallState::backing_off) {
    race_.lead().drop();  // the connection can be used again
    return;
  }
  count_answer(race_.lead(), run_.status);
  owner_.on_answer_end(trailers);
}

// ---- failures, and trying again

void UpstreamCall::on_failed(Attempt& attempt, const upstream::Failure& failure) {
  if (state() == CallState::backing_off) {
    attempt.drop();  // the rest of an answer that nobody gets
    return;
  }
  if (state() == CallState::tunnel) {
    owner_.on_call_failed({failure.kind, failure.detail});
    return;
  }
  Next next;
  if (run_.status == 0) {
    const Nanos wait = run_.policy.retry ? draw_backoff() : 0;
    next = after_failure(failure, tried_with(attempt), run_.policy.retry, wait);
  }
  if (next.again != Again::fresh)
    attempt.failed(failure, phase_of(state(), run_.status != 0, attempt.stream().ready()), now());
  if (race_.beside()) {
    go_on_without(attempt);
  } else if (next.again == Again::no || !goes_on(attempt, next)) {
    owner_.on_call_failed({failure.kind, failure.detail});
  }
}

/// Where the request stands, this try counted among those that were made.
Tried UpstreamCall::tried_with(const Attempt& attempt) const {
  TriedEndpoints tried = run_.tried;
  tried.follow(run_.cluster->generation());
  tried.note(attempt.endpoint().index);
  return {.retries = run_.retries,
          .stale_retried = run_.stale_retried,
          .idempotent = http::idempotent(run_.request.head->method),
          .repeatable = run_.repeatable,
          .kept = run_.request.body->sendable(),
          .kept_bytes = run_.request.body->bytes().size(),
          .untried = run_.cluster->has_untried(tried.all()),
          .usable = run_.cluster->has_untried({}),
          .time_left = time_left()};
}

bool UpstreamCall::may_move() const {
  if (!run_.cluster) return true;
  const Attempt& lead = race_.lead();
  const Tried tried = {.repeatable = run_.repeatable,
                       .kept = run_.request.body->sendable(),
                       .kept_bytes = run_.request.body->bytes().size()};
  return may_repeat(tried, run_.policy.retry, lead.under_way() && lead.stream().sent());
}

Nanos UpstreamCall::draw_backoff() {
  return run_.random->below(longest_backoff(*run_.policy.retry, run_.retries) + 1);
}

/// Does what was decided. False if the upstream's budget has none left for it.
bool UpstreamCall::goes_on(Attempt& attempt, const Next& next) {
  if (next.again == Again::fresh) {
    run_.stale_retried = true;
    run_.cluster->stats().retries[static_cast<std::size_t>(next.reason)].add();
    attempt.drop();
    choose(true);
    return true;
  }
  if (!run_.cluster->try_retry(next.reason)) return false;  // last, so that nothing is taken from it in vain
  run_.tried.follow(run_.cluster->generation());
  run_.tried.note(attempt.endpoint().index);
  if (next.forget_tried) run_.tried.forget();
  ++run_.retries;
  if (next.again == Again::elsewhere) {
    attempt.drop();
    choose(false);
  } else {
    back_off(next);
  }
  return true;
}

void UpstreamCall::back_off(const Next& next) {
  // What is left of an answer is read meanwhile, so that its connection can be used again.
  if (next.reason != observe::RetryReason::status || state() != CallState::sent) race_.lead().drop();
  if (!run_.request.complete) owner_.pause_request();
  run_.loop->arm(enter<BackingOff>(*this).over, next.wait);
}

void UpstreamCall::fire_backoff() {
  race_.lead().drop();
  choose(false);
}

}  // namespace penstock::proxy
