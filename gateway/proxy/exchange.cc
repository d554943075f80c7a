#include "gateway/proxy/exchange.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "conf/priority_name.h"
#include "gateway/base/nanos.h"
#include "gateway/proxy/client_deadline.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/own_answers.h"

namespace penstock::proxy {
namespace {

constexpr Nanos kDefaultTotal = nanos(conf::kDefaultTotal);

/// The route's, unless a proxy that is trusted says another.
conf::Priority priority_of(const http::RequestHead& head, const std::string& field_name, conf::Priority of_route) {
  const http::Field* field = head.find(field_name);
  if (!field || http::named_by_connection(head, *field)) return of_route;
  return conf::priority_named(field->value).value_or(of_route);
}

}  // namespace

Exchange::Exchange() : total_(Deadline::of<&Exchange::out_of_time>(this)), chain_(*this), call_(*this) {}

Exchange::Filtering::Filtering(Exchange& exchange) : patience(Deadline::of<&Exchange::out_of_patience>(&exchange)) {}

void Exchange::follow(ResponseState to) {
  if (!course_.response.follow(to)) on_illegal_move();
}

/// Ends the request as soon as nothing of it is in the middle of a call.
void Exchange::on_illegal_move() {
  assert(false && "a state that can't follow");
  course_.error = ErrorKind::internal;
  context_->loop.arm(total_, 0);
}

// ---- beginning

void Exchange::begin(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
                     bool complete) {
  context_ = &context;
  client_ = &stream;
  head_ = &head;
  view_ = context.view;
  course_ = {.max_body = client.max_body,
             .started = context.loop.now(),
             .started_unix_ms = context.loop.unix_ms(),
             .request_complete = complete};
  state_.emplace<Arriving>();
  chain_.begin();
  body_.restart();
  call_.restart();
  identity_.learn(client, head, view_->trusted_proxies, context.ids, course_.started_unix_ms);
}

void Exchange::start(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
                     bool complete) {
  begin(context, stream, client, head, complete);
  if (auto own = answer_to_method(head, identity_.request_id())) {
    course_.error = own->error;
    answer(std::move(own->reply));
  } else {
    dispatch();
  }
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
  fail(error.kind, error.detail);
}

// ---- the route, its filters, and whoever answers

void Exchange::dispatch() {
  const routing::MatchResult match = view_->routes.match(*head_);
  course_.route = match.route;
  if (match.route == routing::kNoRoute) {
    OwnAnswer own = answer_without_route(match.allow, identity_.request_id());
    course_.error = own.error;
    answer(std::move(own.reply));
    return;
  }
  course_.action = view_->actions[match.route];
  if (course_.action.max_body != RouteAction::kListenersMaxBody) course_.max_body = course_.action.max_body;
  if (course_.action.filters) chain_.begin(view_->chains.chain(match.route), view_->chains.layout(), scope());
  if (head_->body == http::BodyKind::length && head_->content_length > course_.max_body) {
    fail(ErrorKind::body_too_large, "the body is over max_body");
  } else if (!chain_.empty()) {
    heed(chain_.on_request(scope()));
  } else {
    proceed();
  }
}

filters::Scope Exchange::scope() {
  const std::string& field = view_->config.priority_header;
  const bool may_say = identity_.peer_trusted() && !field.empty();
  const conf::Priority of_route = course_.action.priority;
  return {.head = *head_,
          .client = identity_.address(),
          .client_ip = identity_.client_ip(),
          .request_id = identity_.request_id(),
          .scheme = identity_.scheme(),
          .priority = may_say ? priority_of(*head_, field, of_route) : of_route,
          .cost = course_.action.cost,
          .worker = context_->worker,
          .now = context_->loop.now(),
          .unix_ms = context_->loop.unix_ms(),
          .reply = reply_};
}

void Exchange::heed(const filters::Verdict& verdict) {
  using Step = filters::Verdict::Step;
  if (verdict.step == Step::go_on) {
    proceed();
  } else if (verdict.step == Step::wait) {
    Filtering& filtering = enter<Filtering>(*this);
    if (course_.action.upstream != RouteAction::kNoUpstream) set_deadline();
    if (!course_.request_complete) client_->pause_request();
    context_->loop.arm(filtering.patience, verdict.within);
  } else if (verdict.error != ErrorKind::none) {
    fail(verdict.error, verdict.detail, verdict.retry_after_s);
  } else {
    answer(std::move(reply_));  // into itself, and its body's memory with it
  }
}

void Exchange::out_of_patience() {
  heed(chain_.resume(scope(), false));
}

void Exchange::wake() {
  std::get<Filtering>(state_).patience.cancel();
  heed(chain_.resume(scope(), true));
}

void Exchange::proceed() {
  const RouteAction& action = course_.action;
  if (action.falls_back && view_->degraded.is_set(course_.route)) {
    degrades(ErrorKind::degraded);
  } else if (action.upstream != RouteAction::kNoUpstream) {
    forward();
  } else if (const conf::Route& route = view_->config.routes[course_.route]; route.respond) {
    answer(answer_of(*route.respond));
  } else {
    answer(answer_of(*route.redirect, identity_.scheme(), *head_));
  }
}

/// From the request's head on, whatever it has waited for, and once: a fallback has what is left.
void Exchange::set_deadline() {
  if (course_.due != 0) return;
  const ClientDeadline asked = client_deadline(*head_);
  const Nanos written = course_.action.total_ms * kNanosPerMilli;
  course_.bounds_body = written != 0 || asked.within != ClientDeadline::kNone;
  course_.tells_deadline = written != 0 || asked.told;
  const Nanos ours = written ? written : kDefaultTotal;
  course_.clients_bound = asked.within < ours;
  course_.due = course_.started + std::min(ours, asked.within);
  const Nanos now = context_->loop.now();
  context_->loop.arm(total_, course_.due > now ? course_.due - now : 0);
}

void Exchange::forward() {
  const RouteAction& action = course_.action;
  set_deadline();
  const auto& retry = course_.degraded != ErrorKind::none ? view_->config.upstreams[action.upstream].retry
                                                          : view_->config.routes[course_.route].retry;
  enter<Calling>();
  call_.begin(context_->loop, context_->random, *view_->clusters[action.upstream],
              {.head = head_,
               .body = &body_,
               .client = identity_.address(),
               .upgrades = upgrades(*head_),
               .complete = course_.request_complete},
              {.first_byte = action.first_byte(),
               .idle = action.idle(),
               .due = course_.due,
               .retry = action.retries ? &*retry : nullptr,
               .resends = action.resends});
}

// ---- the rest of the request

void Exchange::on_request_body(std::string_view bytes, const http::ChunkPlace& chunk) {
  course_.bytes_in += bytes.size();
  if (doing() == Doing::discarding) {
    if (course_.bytes_in <= kDiscardMax) return;
    reply_.close = true;
    send_answer();
    return;
  }
  const std::uint64_t rest_of_chunk = chunk.size ? chunk.size - chunk.offset - bytes.size() : 0;
  const bool too_large = course_.bytes_in > course_.max_body || rest_of_chunk > course_.max_body - course_.bytes_in;
  if (too_large && doing() != Doing::tunnel) {
    fail(ErrorKind::body_too_large, "the body is over max_body");
  } else if (!chain_.changes_request_body() || doing() == Doing::tunnel) {
    call_.send_body(bytes, chunk);
  } else if (const auto changed = chain_.on_request_body(scope(), bytes, false); !changed.empty()) {
    call_.send_body(changed, {});
  }
}

void Exchange::on_request_end(std::span<const http::Field> trailers) {
  course_.request_complete = true;
  if (doing() == Doing::discarding) {
    send_answer();
    return;
  }
  if (chain_.changes_request_body()) {
    const auto last = chain_.on_request_body(scope(), {}, true);
    if (!last.empty()) call_.send_body(last, {});
  }
  call_.send_end(trailers);
}

void Exchange::on_request_error(const http::HeadError& error) {
  fail(error.kind, error.detail);
}

void Exchange::pause_request() {
  client_->pause_request();
}

void Exchange::on_client_end() {
  auto& tunnel = std::get<Tunnel>(state_);
  tunnel.client_ended = true;
  call_.finish_tunnel();
  if (tunnel.upstream_ended) finish();
}

void Exchange::on_client_gone(ErrorKind why) {
  if (doing() != Doing::tunnel) {
    course_.error = why;
    if (course_.status == 0) course_.status = http::status_of(why);
    context_->stats.errors[static_cast<std::size_t>(why)].add();
    call_.abandon(why);
  }
  leave_filters();
  call_.drop();
  total_.cancel();
  enter<Over>();
  record();
  view_.reset();
}

void Exchange::on_config_replaced() {
  if (doing() != Doing::discarding) {
    fail(ErrorKind::config_replaced, "old_config_timeout");
    return;
  }
  reply_.close = true;  // the rest of the request is no longer waited for
  send_answer();
}

// ---- what the upstream's call asks for

http::OutgoingRequest Exchange::compose(std::string_view endpoint, Nanos time_left) {
  FieldSet& fields = context_->fields;
  const RequestContext about = {.peer_ip = identity_.peer_ip(),
                                .peer_trusted = identity_.peer_trusted(),
                                .request_id = identity_.request_id(),
                                .endpoint = endpoint,
                                .scheme = identity_.scheme(),
                                .client_certificate = identity_.certificate(),
                                .forwarded = &view_->config.forwarded_headers,
                                .host = &call_.cluster()->config().host,
                                .priority_header = view_->config.priority_header,
                                .timeout_ms = course_.tells_deadline ? time_left / kNanosPerMilli : 0};
  forward_request(*head_, about, fields);
  http::OutgoingRequest request = {{head_->method_text, head_->path, head_->query, head_->has_query},
                                   fields.passed,
                                   fields.added,
                                   {head_->body, head_->content_length},
                                   upgrades(*head_)};
  if (chain_.empty()) return request;
  if (chain_.changes_request_body() && head_->body != http::BodyKind::none)
    request.framing = {http::BodyKind::chunked, 0};
  chain_.on_forward(scope(), request, fields);
  request.passed = fields.passed;
  request.added = fields.added;
  return request;
}

/// The real client, whoever holds the connection; the port of another one than the holder is not known.
std::optional<ProxiedConnection> Exchange::introduction() const {
  std::optional<ProxiedConnection> connection = client_->addresses();
  if (identity_.address() == IpAddress()) return connection;
  if (!connection) connection.emplace();
  if (connection->client != identity_.address()) connection->client_port = 0;
  connection->client = identity_.address();
  return connection;
}

// ---- what the upstream's call tells

void Exchange::on_interim(const http::ResponseHead& head) {
  forward_interim(head, context_->fields);
  if (head_->version == http::Version::http11)
    client_->send_interim({{head.status, head.reason}, context_->fields.passed, {}, {}});
}

void Exchange::on_switch(const http::ResponseHead& head) {
  forward_interim(head, context_->fields);
  context_->fields.added = {{"Connection", "upgrade"}};
  course_.status = head.status;
  total_.cancel();
  enter<Tunnel>();
  follow(ResponseState::head);
  follow(ResponseState::body);
  client_->send_interim({{head.status, head.reason}, context_->fields.passed, context_->fields.added, {}});
  client_->start_tunnel();
}

void Exchange::on_answer_head(const http::ResponseHead& head, std::string_view set_cookie) {
  course_.status = head.status;
  if (!course_.bounds_body) total_.cancel();  // what streams is bounded by timeouts.idle
  FieldSet& fields = context_->fields;
  forward_response(head, identity_.request_id(), context_->date.at(context_->loop.unix_ms()), fields);
  if (!set_cookie.empty()) fields.added.push_back({"Set-Cookie", set_cookie});
  http::OutgoingResponse response = {{head.status, head.reason}, {}, {}, {head.body, head.content_length}};
  if (!chain_.empty()) {
    if (chain_.changes_response_body() && head.body == http::BodyKind::length)
      response.framing = {http::BodyKind::chunked, 0};
    chain_.on_response(scope(), response, fields);
  }
  response.passed = fields.passed;
  response.added = fields.added;
  follow(ResponseState::head);
  if (head.body != http::BodyKind::none) follow(ResponseState::body);
  client_->send_head(response, !course_.request_complete);
}

void Exchange::on_answer_body(std::string_view bytes) {
  if (chain_.changes_response_body() && doing() != Doing::tunnel)
    bytes = chain_.on_response_body(scope(), bytes, false);
  course_.bytes_out += bytes.size();
  client_->send_body(bytes);
  if (client_->congested()) call_.pause();
}

void Exchange::on_answer_end(std::span<const http::Field> trailers) {
  if (chain_.changes_response_body() && course_.response == ResponseState::body) {
    const auto last = chain_.on_response_body(scope(), {}, true);
    course_.bytes_out += last.size();
    client_->send_body(last);
  }
  client_->send_end(trailers);
  finish();
}

void Exchange::on_tunnel_end() {
  auto& tunnel = std::get<Tunnel>(state_);
  tunnel.upstream_ended = true;
  client_->finish_tunnel();
  if (tunnel.client_ended) finish();
}

void Exchange::on_call_failed(const CallFailure& failure) {
  if (doing() == Doing::tunnel) {
    finish();
  } else if (failure.retry_after == 0) {
    fail(failure.kind, failure.detail);
  } else {
    const Nanos seconds = (failure.retry_after + kNanosPerSecond - 1) / kNanosPerSecond;
    fail(failure.kind, failure.detail, static_cast<int>(seconds));
  }
}

}  // namespace penstock::proxy
