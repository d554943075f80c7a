// The exchange's upstream side: choosing an endpoint, sending the request, passing on the answer. When it is done again
// stands in exchange_retry.cc.
#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/keys/request_key.h"
#include "gateway/proxy/balancing_key.h"
#include "gateway/proxy/client_deadline.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"
#include "gateway/upstream/sticky.h"

namespace penstock::proxy {
namespace {

constexpr Nanos kDefaultTotal = static_cast<Nanos>(conf::kDefaultTotal.count()) * kNanosPerMilli;

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

}  // namespace

void Exchange::forward() {
  cluster_ = view_->clusters[action_.upstream].get();
  cluster_->count_request();
  set_deadline();
  if (action_.resends) repeatable_ = http::idempotent(head_->method) || has_idempotency_key(*head_);
  const auto key = balancing_key(cluster_->config().balancer, *head_, client_address_);
  key_ = key ? *key : context_->random.next();
  generation_ = cluster_->generation();
  choose(false);
}

/// From the request's head on, whatever it has waited for, and once: a fallback has what is left.
void Exchange::set_deadline() {
  if (due_ != 0) return;
  const ClientDeadline asked = client_deadline(*head_);
  const Nanos total = std::min(action_.total_ms ? action_.total_ms * kNanosPerMilli : kDefaultTotal, asked.within);
  bounds_body_ = action_.total_ms != 0 || asked.within != ClientDeadline::kNone;
  tells_deadline_ = action_.total_ms != 0 || asked.told;
  due_ = started_ + total;
  context_->loop.arm(total_, time_left());
}

/// Indices are forgotten when they no longer mean the same endpoints.
void Exchange::forget_other_generations() {
  if (generation_ == cluster_->generation()) return;
  generation_ = cluster_->generation();
  tried_count_ = 0;
}

/// The real client, whoever holds the connection; the port of another one than the holder is not known.
void Exchange::introduce_client() {
  std::optional<ProxiedConnection> connection = client_->addresses();
  if (client_address_ != IpAddress()) {
    if (!connection) connection.emplace();
    if (connection->client != client_address_) connection->client_port = 0;
    connection->client = client_address_;
  }
  const bool v1 = *cluster_->config().proxy_protocol == conf::ProxyProtocolVersion::v1;
  proxy_header_ = write_proxy_header(v1 ? ProxyHeaderVersion::v1 : ProxyHeaderVersion::v2, connection);
}

/// What the balancer is asked.
upstream::Choice Exchange::choice(bool fresh) {
  forget_other_generations();
  upstream::Choice choice = {key_, context_->random.next(), stuck_to(), std::span(tried_).first(tried_count_), fresh};
  if (cluster_->config().proxy_protocol) {
    introduce_client();
    choice.fresh = true;
    choice.proxy_header = proxy_header_;
  }
  return choice;
}

void Exchange::choose(bool fresh) {
  request_.follow(RequestState::choosing);
  hedge_due_.cancel();
  if (too_late_after(0)) {
    fail(ErrorKind::total_timeout, "no time is left");
    return;
  }
  upstream::Refusal refusal;
  if (!attempt_->begin(*cluster_, head_->method, choice(fresh), context_->loop.now(), refusal)) {
    not_leased(refusal);
    return;
  }
  ++tries_;
  if (attempt_->connection().connected()) {
    on_connected(*attempt_);
    return;
  }
  request_.follow(RequestState::connecting);
  if (!request_complete_) client_->pause_request();
}

void Exchange::on_connected(Attempt& attempt) {
  if (&attempt == hedge_) {
    send_hedge();
    return;
  }
  send_request();
  if (attempt.under_way() && !request_complete_) client_->resume_request();
}

void Exchange::send_request() {
  write_request(*attempt_);
  request_.follow(RequestState::sending);
  if (!request_complete_) return;
  request_.follow(RequestState::sent);
  attempt_->send_end({}, head_timeout(), context_->loop.now());
  plan_hedge();
}

/// The head, and what has come of the body.
void Exchange::write_request(Attempt& attempt) {
  FieldSet& fields = context_->fields;
  const RequestContext about = {.peer_ip = peer_ip_,
                                .peer_trusted = peer_trusted_,
                                .request_id = request_id_,
                                .endpoint = attempt.endpoint().address_text(),
                                .scheme = scheme(),
                                .client_certificate = client_certificate_,
                                .forwarded = &view_->config.forwarded_headers,
                                .priority_header = view_->config.priority_header,
                                .timeout_ms = tells_deadline_ ? time_left() / kNanosPerMilli : 0};
  forward_request(*head_, about, fields);
  upstream::Connection& connection = attempt.connection();
  connection.set_idle_timeout(action_.idle());
  const std::string_view option = upgrades(*head_) ? "upgrade" : cluster_->config().proxy_protocol ? "close" : "";
  connection.send_head({head_->method_text, head_->path, head_->query, head_->has_query},
                       {fields.passed, fields.added, {head_->body, head_->content_length}, option});
  if (!replay_.empty()) connection.send_body(replay_);
}

// ---- the answer

void Exchange::on_interim(const http::ResponseHead& head) {
  if (hedge_) return;
  forward_interim(head, context_->fields);
  if (head_->version == http::Version::http11) {
    client_->send_interim({{head.status, head.reason}, context_->fields.passed, {}, {}});
  }
}

void Exchange::on_switch(Attempt& attempt, const http::ResponseHead& head) {
  if (!upgrades(*head_) || !is_websocket(head)) {
    on_attempt_failed(attempt, ErrorKind::upstream_protocol, "an upgrade that was not asked for");
    return;
  }
  forward_interim(head, context_->fields);
  context_->fields.added = {{"Connection", "upgrade"}};
  status_ = head.status;
  attempt.note_answer(context_->loop.now());
  total_.cancel();
  tunnel_ = true;
  response_.follow(ResponseState::head);
  response_.follow(ResponseState::body);
  client_->send_interim({{head.status, head.reason}, context_->fields.passed, context_->fields.added, {}});
  attempt.connection().start_tunnel();
  client_->start_tunnel();
}

/// The endpoint that the request's cookie names.
std::uint32_t Exchange::stuck_to() const {
  const auto& sticky = cluster_->config().sticky;
  return sticky ? cluster_->endpoint_of(filters::find_cookie(*head_, sticky->cookie)) : balancers::kNoMember;
}

/// Gives the client a cookie, unless it has the right one. Nobody is to stay where things go wrong.
void Exchange::stick() {
  const upstream::EndpointPool& endpoint = attempt_->endpoint();
  const std::string_view token = cluster_->sticky_token(endpoint);
  if (token.empty() || status_ >= 500 || endpoint.index == stuck_to()) return;
  set_cookie_ = upstream::sticky_cookie(*cluster_->config().sticky, token);
  context_->fields.added.push_back({"Set-Cookie", set_cookie_});
}

void Exchange::on_answer_head(Attempt& attempt, const http::ResponseHead& head) {
  const bool overload = head.status == 429 || (head.status == 503 && head.find("retry-after") != nullptr);
  attempt.answered(head.status, overload, context_->loop.now());
  if (hedge_ && !comes_first(attempt, head.status, overload)) return;
  if (action_.retries && tries_again(head, overload)) return;
  status_ = head.status;
  attempt.note_answer(context_->loop.now());
  if (!bounds_body_) total_.cancel();  // what streams is bounded by timeouts.idle
  FieldSet& fields = context_->fields;
  forward_response(head, request_id_, context_->date.at(context_->loop.unix_ms()), fields);
  if (cluster_->config().sticky) stick();
  if (admission_.tells()) add_limit_fields();
  response_.follow(ResponseState::head);
  if (head.body != http::BodyKind::none) response_.follow(ResponseState::body);
  client_->send_head({{head.status, head.reason}, fields.passed, fields.added, {head.body, head.content_length}},
                     !request_complete_);
}

/// For the upstream's metrics: an answer that has been passed on, or that another one will be passed on instead of.
void Exchange::count_answer(const Attempt& attempt, int status) {
  cluster_->stats().responses.add(head_->method, status);
  cluster_->stats().duration.observe(context_->loop.now() - attempt.started());
}

void Exchange::on_answer_body(std::string_view bytes) {
  if (request_ == RequestState::backing_off) return;  // of an answer that nobody gets
  bytes_out_ += bytes.size();
  client_->send_body(bytes);
  if (client_->congested()) attempt_->connection().pause();
}

void Exchange::on_answer_end(std::span<const http::Field> trailers) {
  if (request_ == RequestState::backing_off) {
    attempt_->drop();  // the connection can be used again
    return;
  }
  count_answer(*attempt_, status_);
  client_->send_end(trailers);
  complete();
}

void Exchange::on_tunnel_end() {
  upstream_ended_ = true;
  client_->finish_tunnel();
  if (client_ended_) complete();
}

void Exchange::on_upstream_congested() {
  if (!request_complete_ || tunnel_) client_->pause_request();
}

void Exchange::on_upstream_drained() {
  if (!request_complete_ || tunnel_) client_->resume_request();
}

// ---- failures

void Exchange::not_leased(const upstream::Refusal& refusal) {
  switch (refusal.error) {
    case ErrorKind::circuit_open: {
      if (degrades(refusal.error)) return;
      error_ = refusal.error;
      total_.cancel();
      Reply reply = make_reply(error_, "circuit_breaker", request_id_);
      reply.retry_after_s =
          static_cast<int>(std::max(Nanos{1}, (refusal.retry_after + kNanosPerSecond - 1) / kNanosPerSecond));
      answer(std::move(reply));
      return;
    }
    case ErrorKind::no_endpoint:
      return fail(refusal.error, "no endpoint of the upstream is usable");
    case ErrorKind::pool_full:
      return fail(refusal.error, "pool.max_connections");
    default:
      return fail(refusal.error, "no connection");
  }
}

void Exchange::on_attempt_failed(Attempt& attempt, ErrorKind kind, const char* detail) {
  if (tunnel_) {
    complete();
    return;
  }
  if (request_ == RequestState::backing_off) {
    attempt_->drop();  // the rest of an answer that nobody gets
    return;
  }
  if (hedge_) {
    fails_beside_another(attempt, kind);
    return;
  }
  if (response_ == ResponseState::waiting && stale_connection(attempt, kind)) {
    stale_retried_ = true;
    cluster_->stats().retries[static_cast<std::size_t>(observe::RetryReason::stale_connection)].add();
    attempt_->drop();
    choose(true);
    return;
  }
  attempt.failed(context_->loop.now());
  if (response_ == ResponseState::waiting && tries_again(kind)) return;
  fail(kind, detail);
}

}  // namespace penstock::proxy
