// The exchange at its limits: passing them, waiting its turn, being refused, and giving back what it holds.
#include <array>
#include <charconv>
#include <utility>

#include "conf/priority_name.h"
#include "gateway/http/h1_head.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

namespace penstock::proxy {
namespace {

/// Whether the time that a request took says how long its upstream takes, or takes at least.
bool tells_of_upstream(ErrorKind error, int status) {
  switch (error) {
    case ErrorKind::none:
      return status > 0 && status < 500;
    case ErrorKind::client_gone:
    case ErrorKind::first_byte_timeout:
    case ErrorKind::upstream_idle_timeout:
    case ErrorKind::total_timeout:
      return true;
    default:
      return false;
  }
}

void set_number(std::string& text, std::uint64_t number) {
  std::array<char, 20> digits;
  text.assign(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace

/// The route's, unless a proxy that is trusted says another.
conf::Priority Exchange::request_class() const {
  const std::string& name = view_->config.priority_header;
  if (!peer_trusted_ || name.empty()) return action_.priority;
  const http::Field* field = head_->find(name);
  if (!field || http::named_by_connection(*head_, *field)) return action_.priority;
  return conf::priority_named(field->value).value_or(action_.priority);
}

void Exchange::pass_limits() {
  const filters::Ruling ruling = admission_.go_on({.now = context_->loop.now(),
                                                   .unix_ms = context_->loop.unix_ms(),
                                                   .head = *head_,
                                                   .client = client_address_,
                                                   .worker = context_->worker,
                                                   .cost = action_.cost});
  switch (ruling.decision) {
    case filters::Decision::pass:
      passed_at_ = context_->loop.now();
      proceed();
      break;
    case filters::Decision::wait:
      request_.follow(RequestState::queued);
      in_queue_ = true;
      if (action_.upstream != RouteAction::kNoUpstream) set_deadline();
      if (!request_complete_) client_->pause_request();
      context_->loop.arm(turn_, ruling.wait);
      break;
    case filters::Decision::refuse:
      refuse_by_limit(ruling);
      break;
  }
}

/// Its turn has come; or it was not, and it has waited for a place in vain.
void Exchange::fire_turn() {
  if (admission_.in_line()) {
    told_in_line(false);
  } else {
    in_queue_ = false;
    pass_limits();
  }
}

void Exchange::told_in_line(bool has_place) {
  turn_.cancel();
  in_queue_ = false;
  if (has_place) {
    pass_limits();
  } else {
    refuse_by_limit(admission_.sent_away(context_->loop.now()));
  }
}

void Exchange::refuse_by_limit(const filters::Ruling& ruling) {
  const filters::Limit& limit = admission_.last();
  const ErrorKind kind = limit.is_clients_fault() ? ErrorKind::rate_limited : ErrorKind::overloaded;
  if (degrades(kind)) return;
  error_ = kind;
  total_.cancel();
  leave_limits();  // now, for the answer may have to wait for the rest of the request
  make_reply(kind, limit.title(), request_id_, reply_);
  const bool never = ruling.retry_after == limiters::kNever;
  reply_.retry_after_s = never ? 0 : static_cast<int>(filters::retry_seconds(ruling.retry_after));
  answer(std::move(reply_));  // into itself, and its body's memory with it
}

/// The request is over, or goes another way: what it holds goes back, and limits that learn hear how long it took.
void Exchange::leave_limits() {
  turn_.cancel();
  if (!admission_.holds()) return;
  const Nanos now = context_->loop.now();
  admission_.end({.now = now,
                  .took = now - passed_at_,
                  .worker = context_->worker,
                  .gave_up = in_queue_,
                  .counts = cluster_ != nullptr && !tunnel_ && tells_of_upstream(error_, status_)});
  in_queue_ = false;
}

/// What the client may still ask for, and when again.
void Exchange::add_limit_fields() {
  const conf::RateLimitHeaders& which = view_->config.rate_limit_headers;
  std::vector<http::Field>& added = context_->fields.added;
  if (which.draft) {
    added.push_back({"RateLimit-Policy", admission_.rate_limit_policy()});
    added.push_back({"RateLimit", admission_.rate_limit()});
  }
  if (!which.x_ratelimit) return;
  const filters::Admission::Tightest& tightest = admission_.tightest();
  set_number(limit_texts_[0], tightest.quota);
  set_number(limit_texts_[1], tightest.remaining);
  set_number(limit_texts_[2], tightest.reset_s);
  added.push_back({"X-RateLimit-Limit", limit_texts_[0]});
  added.push_back({"X-RateLimit-Remaining", limit_texts_[1]});
  added.push_back({"X-RateLimit-Reset", limit_texts_[2]});
}

}  // namespace penstock::proxy
