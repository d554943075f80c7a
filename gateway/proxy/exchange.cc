// The exchange's life and its client's side. The upstream's side is in exchange_upstream.cc, the log line in
// exchange_record.cc.
#include "gateway/proxy/exchange.h"

#include <charconv>
#include <utility>

#include "gateway/base/release.h"
#include "gateway/base/request_id.h"
#include "gateway/proxy/client_address.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/redirect.h"

namespace penstock::proxy {
namespace {

/// An answer of our own waits for the rest of a request that is no longer than this, so that the connection can go on.
constexpr std::uint64_t kDiscardMax = 64 << 10;

/// A larger buffer for a body is not kept for the next request.
constexpr std::size_t kReplayKept = 16 << 10;

}  // namespace

Exchange::Exchange()
    : total_([](void* self) { static_cast<Exchange*>(self)->fire_total(); }, this),
      admission_([](void* self, bool has_place) { static_cast<Exchange*>(self)->told_in_line(has_place); }, this),
      turn_([](void* self) { static_cast<Exchange*>(self)->fire_turn(); }, this),
      backoff_([](void* self) { static_cast<Exchange*>(self)->fire_backoff(); }, this),
      hedge_due_([](void* self) { static_cast<Exchange*>(self)->fire_hedge(); }, this) {}

void Exchange::trim() {
  if (replay_.capacity() > kReplayKept) release(replay_);
}

void Exchange::begin(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
                     bool complete) {
  context_ = &context;
  client_ = &stream;
  head_ = &head;
  view_ = context.view;
  route_index_ = routing::kNoRoute;
  max_body_ = client.max_body;
  tls_ = client.tls;
  client_certificate_ = client.certificate;
  started_ = context.loop.now();
  started_unix_ms_ = context.loop.unix_ms();
  request_.restart(RequestState::head);
  response_.restart(ResponseState::waiting);
  request_complete_ = complete;
  tunnel_ = client_ended_ = upstream_ended_ = false;
  admission_.begin({});
  in_queue_ = false;
  due_ = 0;
  error_ = degraded_ = ErrorKind::none;
  status_ = 0;
  bytes_in_ = bytes_out_ = 0;
  cluster_ = nullptr;
  tried_count_ = tries_ = retries_ = 0;
  stale_retried_ = repeatable_ = mid_chunk_ = false;
  replayable_ = true;
  replay_.clear();
  attempt_ = &first_;
  attempt_->clear();
  hedged_ = false;
}

void Exchange::start(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
                     bool complete) {
  begin(context, stream, client, head, complete);
  identify(client);
  if (!answer_methods()) dispatch();
}

void Exchange::refuse(Context& context, ClientStream& stream, const Client& client, const http::HeadError& error,
                      bool to_head) {
  static const http::RequestHead kNoHead;
  static const http::RequestHead kNoHeadOfHead = [] {
    http::RequestHead head;
    head.method = http::Method::head;
    return head;
  }();
  begin(context, stream, client, to_head ? kNoHeadOfHead : kNoHead, false);
  identify(client);
  fail(error.kind, error.detail);
}

/// Who asks, and the id under which the request is known.
void Exchange::identify(const Client& client) {
  peer_ip_ = {peer_ip_text_.data(), client.ip.write(peer_ip_text_)};
  client_ip_ = peer_ip_;
  client_address_ = client.ip;
  const CidrSet& trusted = view_->trusted_proxies;
  peer_trusted_ = !trusted.empty() && trusted.contains(client.ip);
  if (peer_trusted_) {
    // The last ones, if there are many: the walk is from the right, and what is furthest left is the least to be
    // believed.
    std::array<std::string_view, 8> values;
    std::size_t first = values.size();
    for (auto field = head_->fields.rbegin(); field != head_->fields.rend() && first > 0; ++field) {
      const bool tells = field->id == http::FieldId::x_forwarded_for && !http::named_by_connection(*head_, *field);
      if (tells) values[--first] = field->value;
    }
    client_address_ = client_address(client.ip, std::span(values).subspan(first), trusted);
    client_ip_ = {client_ip_text_.data(), client_address_.write(client_ip_text_)};
    const http::Field* id_field = head_->find(http::FieldId::x_request_id);
    const std::string_view id = id_field ? id_field->value : std::string_view();
    if (acceptable_request_id(id) && !http::named_by_connection(*head_, *id_field)) {
      request_id_ = {id_text_.data(), id.copy(id_text_.data(), id_text_.size())};
      return;
    }
  }
  context_->ids.next(started_unix_ms_, std::span(id_text_).first<kRequestIdLength>());
  request_id_ = {id_text_.data(), kRequestIdLength};
}

/// Methods that speak to the proxy itself. True if that was it.
bool Exchange::answer_methods() {
  if (head_->method == http::Method::connect || head_->method == http::Method::trace) {
    error_ = ErrorKind::method_not_allowed;
    Reply reply = make_reply(error_, "CONNECT and TRACE are not served", request_id_);
    // The client may have sent its tunnel's first bytes already: they are no request.
    reply.close = head_->method == http::Method::connect;
    answer(std::move(reply), "Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
    return true;
  }
  // RFC 9110 §7.6.2: the last recipient on the way answers itself.
  const std::string_view hops = head_->get(http::FieldId::max_forwards);
  const bool no_more_hops = !hops.empty() && hops.find_first_not_of('0') == std::string_view::npos;
  if (head_->method == http::Method::options && no_more_hops) {
    answer({.status = 200, .body = {}, .content_type = {}, .proxy_status = {}}, "Allow",
           "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
    return true;
  }
  return false;
}

void Exchange::dispatch() {
  routing::MatchResult match = view_->routes.match(*head_);
  route_index_ = match.route;
  if (match.route == routing::kNoRoute) {
    error_ = match.allow.empty() ? ErrorKind::no_route : ErrorKind::method_not_allowed;
    answer(make_reply(error_, match.allow.empty() ? "no route matches" : "no route takes this method", request_id_),
           match.allow.empty() ? "" : "Allow", match.allow);
    return;
  }
  action_ = view_->actions[match.route];
  if (action_.max_body != RouteAction::kListenersMaxBody) max_body_ = action_.max_body;
  if (head_->body == http::BodyKind::length && head_->content_length > max_body_) {
    fail(ErrorKind::body_too_large, "the body is over max_body");
  } else if (const auto gates = view_->limits.gates(match.route); !gates.empty()) {
    admission_.begin(gates, request_class());
    pass_limits();
  } else {
    proceed();
  }
}

void Exchange::proceed() {
  if (action_.falls_back && view_->degraded.is_set(route_index_)) {
    degrade_by_hand();
  } else if (action_.upstream != RouteAction::kNoUpstream) {
    forward();
  } else {
    answer_directly(view_->config.routes[route_index_]);
  }
}

void Exchange::answer_directly(const conf::Route& route) {
  if (route.respond) {
    answer_with(*route.respond);
  } else {
    answer({.status = route.redirect->status, .body = {}, .content_type = {}, .proxy_status = {}}, "Location",
           expand_redirect(route.redirect->to, scheme(), *head_));
  }
}

void Exchange::answer_with(const conf::Respond& respond) {
  answer({.status = respond.status, .body = respond.body, .content_type = respond.content_type, .proxy_status = {}});
}

// ---- the rest of the request

void Exchange::on_request_body(std::string_view bytes, const http::ChunkPlace& chunk) {
  bytes_in_ += bytes.size();
  const std::uint64_t rest_of_chunk = chunk.size ? chunk.size - chunk.offset - bytes.size() : 0;
  if (request_ == RequestState::discarding) {
    if (bytes_in_ <= kDiscardMax) return;
    reply_.close = true;
    send_answer();
    return;
  }
  if (!tunnel_ && (bytes_in_ > max_body_ || rest_of_chunk > max_body_ - bytes_in_)) {
    fail(ErrorKind::body_too_large, "the body is over max_body");
    return;
  }
  if (!attempt_->under_way()) return;
  mid_chunk_ = rest_of_chunk != 0;
  if (replayable_ && !tunnel_) keep_for_replay(bytes);
  attempt_->connection().send_body(bytes, chunk);
  if (attempt_->connection().congested()) client_->pause_request();
}

void Exchange::on_request_end(std::span<const http::Field> trailers) {
  request_complete_ = true;
  if (request_ == RequestState::discarding) {
    request_.follow(RequestState::sent);
    send_answer();
    return;
  }
  if (request_ != RequestState::sending) return;
  request_.follow(RequestState::sent);
  replayable_ = replayable_ && trailers.empty();
  attempt_->send_end(trailers, head_timeout(), context_->loop.now());
  plan_hedge();
}

void Exchange::on_request_error(const http::HeadError& error) {
  fail(error.kind, error.detail);
}

void Exchange::on_client_end() {
  client_ended_ = true;
  attempt_->connection().finish_tunnel();
  if (upstream_ended_) complete();
}

void Exchange::on_client_gone(ErrorKind why) {
  if (!tunnel_) {
    error_ = why;
    if (status_ == 0) status_ = status_of(why);
    context_->stats.errors[static_cast<std::size_t>(why)].add();
    const bool waits = response_ == ResponseState::waiting && request_ != RequestState::backing_off;
    if (attempt_->under_way() && waits) give_up(*attempt_);
    if (hedge_) give_up(*hedge_);
  }
  leave_limits();
  drop_attempts();
  total_.cancel();
  backoff_.cancel();
  record();
  view_.reset();
}

void Exchange::on_config_replaced() {
  if (request_ != RequestState::discarding) {
    fail(ErrorKind::config_replaced, "old_config_timeout");
    return;
  }
  reply_.close = true;  // the rest of the request is no longer waited for
  send_answer();
}

void Exchange::on_client_congested() {
  if (attempt_->under_way()) attempt_->connection().pause();
}

void Exchange::on_client_drained() {
  if (attempt_->under_way()) attempt_->connection().resume();
}

// ---- answers of our own

void Exchange::answer(Reply reply, std::string_view field_name, std::string_view field_value) {
  reply_ = std::move(reply);
  reply_field_name_ = field_name;
  reply_field_value_ = field_value;
  if (error_ != ErrorKind::none) context_->stats.errors[static_cast<std::size_t>(error_)].add();
  const bool may_wait = !request_complete_ && !reply_.close && !head_->expect_continue &&
                        (head_->body != http::BodyKind::length || head_->content_length <= kDiscardMax);
  if (may_wait && request_ != RequestState::discarding) {
    request_.follow(RequestState::discarding);
    client_->resume_request();
    return;
  }
  send_answer();
}

void Exchange::send_answer() {
  FieldSet& fields = context_->fields;
  fields.added.clear();
  fields.added.push_back({"Date", context_->date.at(context_->loop.unix_ms())});
  if (!reply_.content_type.empty()) fields.added.push_back({"Content-Type", reply_.content_type});
  if (!reply_field_name_.empty()) fields.added.push_back({reply_field_name_, reply_field_value_});
  if (!reply_.proxy_status.empty()) fields.added.push_back({"Proxy-Status", reply_.proxy_status});
  std::array<char, 16> seconds;
  if (reply_.retry_after_s > 0) {
    const char* end = std::to_chars(seconds.begin(), seconds.end(), reply_.retry_after_s).ptr;
    fields.added.push_back({"Retry-After", {seconds.begin(), end}});
  }
  fields.added.push_back({"X-Request-Id", request_id_});
  if (admission_.tells()) add_limit_fields();

  status_ = reply_.status;
  response_.follow(ResponseState::replied);
  const bool bodiless = reply_.status == 204 || reply_.status == 304;
  const http::Framing framing = {bodiless ? http::BodyKind::none : http::BodyKind::length, reply_.body.size()};
  client_->send_head({{reply_.status, http::reason_phrase(reply_.status)}, {}, fields.added, framing},
                     reply_.close || !request_complete_);
  if (!bodiless && head_->method != http::Method::head) {
    client_->send_body(reply_.body);
    bytes_out_ = reply_.body.size();
  }
  client_->send_end({});
  complete();
}

// ---- endings

void Exchange::fail(ErrorKind kind, std::string_view detail) {
  if (degrades(kind)) return;
  error_ = kind;
  if (in_queue_) leave_limits();
  drop_attempts();
  total_.cancel();
  backoff_.cancel();
  if (response_ == ResponseState::waiting) {
    answer(make_reply(kind, detail, request_id_));
    return;
  }
  context_->stats.errors[static_cast<std::size_t>(kind)].add();
  response_.follow(ResponseState::cut);
  if (status_ == 0) status_ = status_of(kind);
  client_->abort();
  finish();
}

void Exchange::complete() {
  response_.follow(ResponseState::done);
  finish();
}

void Exchange::finish() {
  leave_limits();
  drop_attempts();
  total_.cancel();
  record();
  view_.reset();
  client_->exchange_done();  // may start the next exchange in this object: nothing may come after it
}

void Exchange::fire_total() {
  if (attempt_->under_way() && request_ == RequestState::sent && response_ == ResponseState::waiting)
    attempt_->failed(context_->loop.now());
  if (hedge_) give_up(*hedge_);
  fail(ErrorKind::total_timeout, "timeouts.total");
}

}  // namespace penstock::proxy
