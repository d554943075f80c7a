#include "gateway/proxy/own_answers.h"

#include <string>

#include "gateway/observe/stats.h"
#include "gateway/proxy/redirect.h"

namespace penstock::proxy {
namespace {

constexpr const char* kServed = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";

static_assert(conf::kFallbackCauses + 1 == observe::kDegradeReasons);
static_assert(static_cast<int>(conf::FallbackCause::failure) == static_cast<int>(observe::DegradeReason::failure));

}  // namespace

http::Reply answer_of(const conf::Respond& respond) {
  return {.status = respond.status, .body = respond.body, .content_type = respond.content_type};
}

http::Reply answer_of(const conf::Redirect& redirect, std::string_view scheme, const http::RequestHead& head) {
  return {.status = redirect.status, .body = {}, .fields = {{"Location", expand_redirect(redirect.to, scheme, head)}}};
}

std::optional<OwnAnswer> answer_to_method(const http::RequestHead& head, std::string_view request_id) {
  using http::Method;
  if (head.method == Method::connect || head.method == Method::trace) {
    OwnAnswer answer{ErrorKind::method_not_allowed, {}};
    answer.reply = http::make_reply(answer.error, "CONNECT and TRACE are not served", request_id);
    // The client may have sent its tunnel's first bytes already: they are no request.
    answer.reply.close = head.method == Method::connect;
    answer.reply.fields.push_back({"Allow", kServed});
    return answer;
  }
  // RFC 9110 §7.6.2: the last recipient on the way answers itself.
  if (head.method != Method::options) return std::nullopt;
  const std::string_view hops = head.get(http::FieldId::max_forwards);
  if (hops.empty() || hops.find_first_not_of('0') != hops.npos) return std::nullopt;
  return OwnAnswer{ErrorKind::none, {.status = 200, .body = {}, .fields = {{"Allow", kServed}}}};
}

OwnAnswer answer_without_route(std::string_view allow, std::string_view request_id) {
  if (allow.empty())
    return {ErrorKind::no_route, http::make_reply(ErrorKind::no_route, "no route matches", request_id)};
  OwnAnswer answer{ErrorKind::method_not_allowed, {}};
  answer.reply = http::make_reply(answer.error, "no route takes this method", request_id);
  answer.reply.fields.push_back({"Allow", std::string(allow)});
  return answer;
}

std::optional<conf::FallbackCause> fallback_cause(ErrorKind kind) {
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

}  // namespace penstock::proxy
