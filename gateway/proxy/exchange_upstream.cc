// The exchange's upstream side: choosing an endpoint, sending the request, passing on the answer.
#include <algorithm>

#include "gateway/proxy/balancing_key.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"
#include "gateway/upstream/sticky.h"

namespace penstock::proxy {
namespace {

constexpr Nanos kDefaultTotal = static_cast<Nanos>(conf::kDefaultTotal.count()) * kNanosPerMilli;

/// RFC 9110 §15.2.2: the answer names what is switched to; it must be what was asked for.
bool is_websocket(const http::ResponseHead& head) {
  return head.version == http::Version::http11 && head.wants_upgrade &&
         std::all_of(head.fields.begin(), head.fields.end(), [](const http::Field& field) {
           return field.id != http::FieldId::upgrade || http::iequals(field.value, "websocket");
         });
}

}  // namespace

void Exchange::forward() {
  cluster_ = context_->view.clusters[action_.upstream].get();
  context_->loop.arm(total_, action_.total_ms ? action_.total_ms * kNanosPerMilli : kDefaultTotal);
  const auto key = balancing_key(cluster_->config().balancer, *head_, client_address_);
  key_ = key ? *key : context_->random.next();
  generation_ = cluster_->generation();
  choose(false);
}

/// What the balancer is asked. Indices are forgotten when they no longer mean the same endpoints.
upstream::Choice Exchange::choice(bool fresh) {
  if (generation_ != cluster_->generation()) {
    generation_ = cluster_->generation();
    tried_count_ = 0;
  }
  return {key_, context_->random.next(), stuck_to(), std::span(tried_).first(tried_count_), fresh};
}

void Exchange::choose(bool fresh) {
  request_.follow(RequestState::choosing);
  ErrorKind error = ErrorKind::none;
  ++tries_;
  attempt_started_ = context_->loop.now();
  attempt_sent_ = 0;
  lease_ = cluster_->lease(*this, head_->method, choice(fresh), error);
  if (!lease_) {
    fail(error, error == ErrorKind::no_endpoint ? "no endpoint of the upstream is usable"
                : error == ErrorKind::pool_full ? "pool.max_connections"
                                                : "no connection");
    return;
  }
  peer_ = lease_.endpoint().address_text();
  if (lease_->connected()) {
    send_request();
    return;
  }
  request_.follow(RequestState::connecting);
  if (!request_complete_) client_->pause_request();
}

void Exchange::on_connected() {
  send_request();
  if (lease_ && !request_complete_) client_->resume_request();
}

void Exchange::send_request() {
  FieldSet& fields = context_->fields;
  const RequestContext about = {.peer_ip = peer_ip_,
                                .peer_trusted = peer_trusted_,
                                .request_id = request_id_,
                                .endpoint = lease_.endpoint().address_text(),
                                .forwarded = &context_->view.config->forwarded_headers};
  forward_request(*head_, about, fields);
  lease_->set_idle_timeout(action_.idle());
  const bool asks_upgrade = upgrades(*head_);
  lease_->send_head({head_->method_text, head_->path, head_->query, head_->has_query},
                    {fields.passed, fields.added, {head_->body, head_->content_length}, asks_upgrade ? "upgrade" : ""});
  request_.follow(RequestState::sending);
  if (!replay_.empty()) lease_->send_body(replay_);
  if (!request_complete_) return;
  request_.follow(RequestState::sent);
  attempt_sent_ = context_->loop.now();
  lease_->send_end({}, action_.first_byte());
}

// ---- the answer

void Exchange::on_interim(const http::ResponseHead& head) {
  forward_interim(head, context_->fields);
  if (head_->version == http::Version::http11) {
    client_->send_interim({{head.status, head.reason}, context_->fields.passed, {}, {}});
  }
}

void Exchange::on_switch(const http::ResponseHead& head) {
  if (!upgrades(*head_) || !is_websocket(head)) {
    on_attempt_failed(ErrorKind::upstream_protocol, "an upgrade that was not asked for");
    return;
  }
  forward_interim(head, context_->fields);
  context_->fields.added = {{"Connection", "upgrade"}};
  status_ = head.status;
  first_byte_ = context_->loop.now();
  total_.cancel();
  tunnel_ = true;
  response_.follow(ResponseState::head);
  response_.follow(ResponseState::body);
  client_->send_interim({{head.status, head.reason}, context_->fields.passed, context_->fields.added, {}});
  lease_->start_tunnel();
  client_->start_tunnel();
}

/// How long the endpoint has had to answer: not while the client was still sending.
Nanos Exchange::waited() const {
  const Nanos from = attempt_sent_ ? attempt_sent_ : attempt_started_;
  return context_->loop.now() - from;
}

/// The endpoint that the request's cookie names.
std::uint32_t Exchange::stuck_to() const {
  const auto& sticky = cluster_->config().sticky;
  return sticky ? cluster_->endpoint_of(find_cookie(*head_, sticky->cookie)) : balancers::kNoMember;
}

/// Gives the client a cookie, unless it has the right one. Nobody is to stay where things go wrong.
void Exchange::stick() {
  const upstream::EndpointPool& endpoint = lease_.endpoint();
  const std::string_view token = cluster_->sticky_token(endpoint);
  if (token.empty() || status_ >= 500 || endpoint.index == stuck_to()) return;
  set_cookie_ = upstream::sticky_cookie(*cluster_->config().sticky, token);
  context_->fields.added.push_back({"Set-Cookie", set_cookie_});
}

void Exchange::on_answer_head(const http::ResponseHead& head) {
  status_ = head.status;
  first_byte_ = context_->loop.now();
  const bool overload = head.status == 429 || (head.status == 503 && head.find("retry-after") != nullptr);
  lease_.answered(head.status, overload, waited());
  if (!action_.total_ms) total_.cancel();  // what streams is bounded by timeouts.idle
  FieldSet& fields = context_->fields;
  forward_response(head, request_id_, context_->date.at(context_->loop.unix_ms()), fields);
  if (cluster_->config().sticky) stick();
  response_.follow(ResponseState::head);
  if (head.body != http::BodyKind::none) response_.follow(ResponseState::body);
  client_->send_head({{head.status, head.reason}, fields.passed, fields.added, {head.body, head.content_length}},
                     !request_complete_);
}

void Exchange::on_answer_body(std::string_view bytes) {
  bytes_out_ += bytes.size();
  client_->send_body(bytes);
  if (client_->congested()) lease_->pause();
}

void Exchange::on_answer_end(std::span<const http::Field> trailers) {
  cluster_->stats().responses.add(head_->method, status_);
  cluster_->stats().duration.observe(context_->loop.now() - attempt_started_);
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

void Exchange::on_attempt_failed(ErrorKind kind, const char* detail) {
  if (tunnel_) {
    complete();
    return;
  }
  if (response_ == ResponseState::waiting && stale_connection(kind)) {
    stale_retried_ = true;
    cluster_->stats().retries.add();
    lease_.reset();
    choose(true);
    return;
  }
  lease_.failed(kind, waited());
  if (response_ == ResponseState::waiting && connects_elsewhere(kind)) {
    lease_.reset();
    choose(false);
    return;
  }
  fail(kind, detail);
}

// Two cases of trying again that no setting is needed for, because nothing can be done twice by them.

/// A connection from the pool was being closed by the endpoint while the request was on its way (RFC 9110 §9.2.2,
/// RFC 9112 §9.3.1). That says nothing against the endpoint.
bool Exchange::stale_connection(ErrorKind kind) const {
  if (kind != ErrorKind::upstream_reset || stale_retried_ || !replayable_) return false;
  if (!lease_->reused() || lease_->answered()) return false;
  return lease_->nothing_sent() || http::idempotent(head_->method);
}

/// There was no connection, and so nothing was sent: another endpoint may have one.
bool Exchange::connects_elsewhere(ErrorKind kind) {
  if (kind != ErrorKind::connect_failed && kind != ErrorKind::connect_timeout) return false;
  if (tried_count_ == tried_.size()) return false;
  tried_[tried_count_++] = lease_.endpoint().index;
  return cluster_->has_untried(std::span(tried_).first(tried_count_));
}

}  // namespace penstock::proxy
