// The exchange's upstream side: choosing an endpoint, sending the request, passing on the answer.
#include <algorithm>

#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

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
  choose(false);
}

void Exchange::choose(bool fresh) {
  request_.follow(RequestState::choosing);
  ErrorKind error = ErrorKind::none;
  ++tries_;
  attempt_started_ = context_->loop.now();
  lease_ = cluster_->lease(*this, head_->method, context_->random.next(), std::span(tried_).first(tried_count_), fresh,
                           error);
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

void Exchange::on_answer_head(const http::ResponseHead& head) {
  status_ = head.status;
  first_byte_ = context_->loop.now();
  if (!action_.total_ms) total_.cancel();  // what streams is bounded by timeouts.idle
  FieldSet& fields = context_->fields;
  forward_response(head, request_id_, context_->date.at(context_->loop.unix_ms()), fields);
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
  if (response_ == ResponseState::waiting && may_try_again(kind)) {
    const bool fresh = kind == ErrorKind::upstream_reset;
    lease_.reset();
    choose(fresh);
    return;
  }
  fail(kind, detail);
}

/// Two cases that no setting is needed for, because nothing can be done twice by them: nothing was sent yet, or a
/// connection from the pool was being closed by the endpoint while an idempotent request was on its way (RFC 9110
/// §9.2.2, RFC 9112 §9.3.1).
bool Exchange::may_try_again(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::connect_failed:
    case ErrorKind::connect_timeout:
      if (tried_count_ == tried_.size()) return false;
      tried_[tried_count_++] = lease_.endpoint().index;
      return cluster_->has_untried(std::span(tried_).first(tried_count_));
    case ErrorKind::upstream_reset:
      if (stale_retried_ || !lease_->reused() || lease_->answered() || !replayable_) return false;
      if (!lease_->nothing_sent() && !http::idempotent(head_->method)) return false;
      stale_retried_ = true;
      cluster_->stats().retries.add();
      return true;
    default:
      return false;
  }
}

}  // namespace penstock::proxy
