// What is left of an exchange: counters and one line in the access log.
#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

namespace penstock::proxy {
namespace {

constexpr Nanos kNanosPerMicro = 1'000;

std::uint64_t micros_between(Nanos from, Nanos to) {
  return from && to > from ? (to - from) / kNanosPerMicro : 0;
}

}  // namespace

void Exchange::record() {
  const Nanos now = context_->loop.now();
  observe::RouteStats& stats = view_->book->route(course_.route);
  stats.requests.add(head_->method, course_.status);
  stats.duration.observe(now - course_.started);
  if (!context_->log) return;
  const Attempt& attempt = call_.lead();
  const bool pushed = context_->log->push(
      {.time_unix_ms = course_.started_unix_ms,
       .request_id = identity_.request_id(),
       .client_ip = identity_.client_ip(),
       .method = head_->method_text,
       .host = head_->authority,
       .target = head_->target,
       .user_agent = head_->get(http::FieldId::user_agent),
       .referer = head_->get(http::FieldId::referer),
       .route = course_.route != routing::kNoRoute ? std::string_view(view_->config.routes[course_.route].id)
                                                   : std::string_view(),
       .upstream = call_.cluster() ? std::string_view(call_.cluster()->config().name) : std::string_view(),
       .peer = attempt.peer(),
       .tls = identity_.tls(),
       .version = head_->version,
       .status = course_.status,
       .bytes_in = course_.bytes_in,
       .bytes_out = course_.bytes_out,
       .duration_us = micros_between(course_.started, now),
       .upstream_connect_us = micros_between(attempt.started(), attempt.sent()),
       .upstream_first_byte_us = micros_between(attempt.started(), attempt.first_byte()),
       .tries = call_.tries(),
       .error = course_.error,
       .degraded = course_.degraded});
  if (!pushed) context_->stats.access_log_dropped.add();
}

}  // namespace penstock::proxy
