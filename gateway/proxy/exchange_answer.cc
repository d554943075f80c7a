// How an exchange falls back, is answered by the gateway itself, and ends.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gateway/proxy/call/retry.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/own_answers.h"

namespace penstock::proxy {
namespace {

/// nullopt: the route has nothing for that.
std::optional<observe::DegradeReason> reason_to_fall_back(const conf::Fallback& fallback, ErrorKind why) {
  if (why == ErrorKind::degraded) return observe::DegradeReason::by_hand;
  const auto cause = fallback_cause(why);
  if (!cause || std::find(fallback.on.begin(), fallback.on.end(), *cause) == fallback.on.end()) return std::nullopt;
  return static_cast<observe::DegradeReason>(*cause);
}

}  // namespace

// ---- something else instead of a refusal

/// True if the request is, or will be, answered in another way than by a refusal; it may be over. Once for a request:
/// the call, if there was one, is dropped, and another one may begin at the other upstream.
bool Exchange::degrades(ErrorKind why) {
  if (!course_.action.falls_back || course_.response != ResponseState::waiting) return false;
  if (doing() == Doing::discarding) return false;
  const conf::Fallback& fallback = *view_->config.routes[course_.route].fallback;
  const auto reason = reason_to_fall_back(fallback, why);
  if (!reason) return false;
  const Nanos now = context_->loop.now();
  const bool in_time = course_.due == 0 || !too_late(course_.due > now ? course_.due - now : 0, 0);
  if (fallback.upstream && !(in_time && call_.may_move())) return false;
  course_.degraded = why;
  view_->book->route(course_.route).degraded[static_cast<std::size_t>(*reason)].add();
  course_.error = why;
  leave_filters();  // limits of the upstream hear what became of it there
  course_.error = ErrorKind::none;
  call_.drop();
  if (!fallback.upstream) {
    course_.action.falls_back = false;
    total_.cancel();
    answer(answer_of(*fallback.respond));
    return true;
  }
  course_.action = make_fallback_action(course_.action, view_->config, *fallback.upstream);
  if (chain_.empty()) {
    proceed();
  } else {
    heed(chain_.on_fallback(scope()));
  }
  return true;
}

// ---- answers of our own

void Exchange::answer(http::Reply reply) {
  reply_ = std::move(reply);
  if (course_.error != ErrorKind::none) context_->stats.errors[static_cast<std::size_t>(course_.error)].add();
  const bool may_wait = !course_.request_complete && !reply_.close && !head_->expect_continue &&
                        (head_->body != http::BodyKind::length || head_->content_length <= kDiscardMax);
  if (may_wait && doing() != Doing::discarding) {
    enter<Discarding>();
    client_->resume_request();
  } else {
    send_answer();
  }
}

void Exchange::send_answer() {
  FieldSet& fields = context_->fields;
  fields.passed.clear();
  fields.added.clear();
  fields.added.push_back({"Date", context_->date.at(context_->loop.unix_ms())});
  if (!reply_.content_type.empty()) fields.added.push_back({"Content-Type", reply_.content_type});
  for (const http::Reply::Field& field : reply_.fields) fields.added.push_back({field.name, field.value});
  if (!reply_.proxy_status.empty()) fields.added.push_back({"Proxy-Status", reply_.proxy_status});
  std::array<char, 16> seconds;
  if (reply_.retry_after_s > 0) {
    const char* end = std::to_chars(seconds.begin(), seconds.end(), reply_.retry_after_s).ptr;
    fields.added.push_back({"Retry-After", {seconds.begin(), end}});
  }
  fields.added.push_back({"X-Request-Id", identity_.request_id()});

  course_.status = reply_.status;
  std::string_view body = reply_.body;
  const bool bodiless = reply_.status == 204 || reply_.status == 304;
  http::OutgoingResponse response = {{reply_.status, http::reason_phrase(reply_.status)}, {}, {}, {}};
  if (!chain_.empty()) {
    chain_.on_response(scope(), response, fields);
    if (chain_.changes_response_body() && !bodiless) body = chain_.on_response_body(scope(), body, true);
  }
  response.passed = fields.passed;
  response.added = fields.added;
  response.framing = {bodiless ? http::BodyKind::none : http::BodyKind::length, body.size()};
  follow(ResponseState::replied);
  client_->send_head(response, reply_.close || !course_.request_complete);
  if (!bodiless && head_->method != http::Method::head) {
    client_->send_body(body);
    course_.bytes_out = body.size();
  }
  client_->send_end({});
  finish();
}

/// `retry_after_s`: instead of what the kind says; 0: nobody knows.
void Exchange::fail(ErrorKind kind, std::string_view detail, std::optional<int> retry_after_s) {
  if (degrades(kind)) return;
  course_.error = kind;
  total_.cancel();
  if (course_.response == ResponseState::waiting) {
    leave_filters();  // now, for the answer may have to wait for the rest of the request
    call_.drop();
    http::make_reply(kind, detail, identity_.request_id(), reply_);
    if (retry_after_s) reply_.retry_after_s = *retry_after_s;
    answer(std::move(reply_));  // into itself, and its body's memory with it
    return;
  }
  context_->stats.errors[static_cast<std::size_t>(kind)].add();
  follow(ResponseState::cut);
  if (course_.status == 0) course_.status = http::status_of(kind);
  client_->abort();
  finish();
}

// ---- endings

void Exchange::out_of_time() {
  if (course_.error == ErrorKind::internal) {
    fail(ErrorKind::internal, "a state that can't follow");
    return;
  }
  call_.abandon(ErrorKind::total_timeout, course_.clients_bound);
  fail(ErrorKind::total_timeout, course_.clients_bound ? "the time that the client gave is over" : "timeouts.total");
}

void Exchange::leave_filters() {
  if (chain_.empty()) return;
  chain_.leave({.now = context_->loop.now(),
                .error = course_.error,
                .status = course_.status,
                .clients_bound = course_.clients_bound,
                .of_upstream = call_.cluster() != nullptr && doing() != Doing::tunnel});
}

void Exchange::finish() {
  if (course_.response != ResponseState::cut) follow(ResponseState::done);
  leave_filters();
  call_.drop();
  total_.cancel();
  enter<Over>();
  record();
  view_.reset();
  client_->exchange_done();  // may start the next exchange in this object: nothing may come after it
}

}  // namespace penstock::proxy
