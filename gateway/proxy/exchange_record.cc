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
  observe::RouteStats& stats = view_->book->route(route_index_);
  stats.requests.add(head_->method, status_);
  stats.duration.observe(now - started_);
  if (!context_->log) return;
  const bool pushed = context_->log->push(
      {.time_unix_ms = started_unix_ms_,
       .request_id = request_id_,
       .client_ip = client_ip_,
       .method = head_->method_text,
       .host = head_->authority,
       .target = head_->target,
       .user_agent = head_->get(http::FieldId::user_agent),
       .referer = head_->get(http::FieldId::referer),
       .route = route_index_ != routing::kNoRoute ? std::string_view(view_->config.routes[route_index_].id)
                                                  : std::string_view(),
       .upstream = cluster_ ? std::string_view(cluster_->config().name) : std::string_view(),
       .peer = attempt_->peer(),
       .tls = tls_,
       .version = head_->version,
       .status = status_,
       .bytes_in = bytes_in_,
       .bytes_out = bytes_out_,
       .duration_us = micros_between(started_, now),
       .upstream_connect_us = micros_between(attempt_->started(), attempt_->sent()),
       .upstream_first_byte_us = micros_between(attempt_->started(), attempt_->first_byte()),
       .tries = tries_,
       .error = error_,
       .degraded = degraded_});
  if (!pushed) context_->stats.access_log_dropped.add();
}

}  // namespace penstock::proxy
