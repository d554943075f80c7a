// What a route has for its requests instead of refusing them: a fixed answer, or another upstream. Once for a request.
#include <algorithm>
#include <optional>

#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

namespace penstock::proxy {
namespace {

static_assert(conf::kFallbackCauses + 1 == observe::kDegradeReasons);
static_assert(static_cast<int>(conf::FallbackCause::failure) == static_cast<int>(observe::DegradeReason::failure));

/// What the configuration calls it; nullopt for what is the client's own mistake, or ours.
std::optional<conf::FallbackCause> cause_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limited:
      return conf::FallbackCause::rate_limit;
    case ErrorKind::overloaded:
    case ErrorKind::pool_full:
      return conf::FallbackCause::overload;
    case ErrorKind::circuit_open:
      return conf::FallbackCause::circuit_open;
    case ErrorKind::no_endpoint:
      return conf::FallbackCause::no_endpoint;
    case ErrorKind::connect_failed:
    case ErrorKind::connect_timeout:
    case ErrorKind::tls_certificate:
    case ErrorKind::tls_protocol:
    case ErrorKind::upstream_reset:
    case ErrorKind::upstream_protocol:
    case ErrorKind::first_byte_timeout:
    case ErrorKind::upstream_idle_timeout:
    case ErrorKind::total_timeout:
      return conf::FallbackCause::failure;
    default:
      return std::nullopt;
  }
}

}  // namespace

/// True if the request is, or will be, answered in another way than by a refusal; it may be over.
bool Exchange::degrades(ErrorKind why) {
  if (!action_.falls_back || response_ != ResponseState::waiting || request_ == RequestState::discarding) return false;
  const conf::Fallback& fallback = *view_->config.routes[route_index_].fallback;
  const auto cause = cause_of(why);
  if (!cause || std::find(fallback.on.begin(), fallback.on.end(), *cause) == fallback.on.end()) return false;
  if (fallback.upstream && !can_go_elsewhere()) return false;
  degrade(fallback, why, static_cast<observe::DegradeReason>(*cause));
  return true;
}

/// Nothing has been tried for the request yet.
void Exchange::degrade_by_hand() {
  degrade(*view_->config.routes[route_index_].fallback, ErrorKind::degraded, observe::DegradeReason::by_hand);
}

void Exchange::degrade(const conf::Fallback& fallback, ErrorKind why, observe::DegradeReason reason) {
  degraded_ = why;
  view_->book->route(route_index_).degraded[static_cast<std::size_t>(reason)].add();
  error_ = why;
  leave_limits();  // those of the upstream hear what became of it there
  error_ = ErrorKind::none;
  backoff_.cancel();
  drop_attempts();
  if (fallback.upstream) {
    go_elsewhere(*fallback.upstream);
  } else {
    action_.falls_back = false;
    total_.cancel();
    answer_with(*fallback.respond);
  }
}

/// Whether the whole request is still there, and may be sent once more if any of it was.
bool Exchange::can_go_elsewhere() const {
  if (due_ != 0 && too_late_after(0)) return false;
  return may_repeat(attempt_->under_way() && !attempt_->connection().nothing_sent());
}

void Exchange::go_elsewhere(std::uint32_t upstream) {
  action_ = make_fallback_action(action_, view_->config, upstream);
  tried_count_ = retries_ = 0;
  stale_retried_ = false;
  admission_.go_elsewhere(view_->limits.fallback_gates(route_index_));
  pass_limits();
}

}  // namespace penstock::proxy
