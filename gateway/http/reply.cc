#include "gateway/http/reply.h"

#include <array>

#include "gateway/http/message.h"

namespace penstock::http {
namespace {

struct Row {
  int status;
  std::string_view proxy_status;
  bool close;
  int retry_after_s;
};

// Indexed by ErrorKind.
constexpr std::array<Row, kErrorKinds> kRows = {{
    {200, "", false, 0},                                          // none
    {400, "penstock; error=http_request_error", true, 0},         // bad_request
    {414, "penstock; error=http_request_error", true, 0},         // uri_too_long
    {431, "penstock; error=http_request_error", true, 0},         // headers_too_large
    {413, "penstock; error=http_request_error", true, 0},         // body_too_large
    {501, "penstock; error=http_request_error", true, 0},         // method_unknown
    {501, "penstock; error=http_request_error", true, 0},         // coding_unknown
    {505, "penstock; error=http_request_error", true, 0},         // version_unsupported
    {417, "penstock; error=http_request_error", true, 0},         // expectation_failed
    {408, "penstock; error=http_request_error", true, 0},         // header_timeout
    {408, "penstock; error=http_request_error", true, 0},         // body_timeout
    {499, "", true, 0},                                           // client_gone
    {404, "", false, 0},                                          // no_route
    {405, "", false, 0},                                          // method_not_allowed
    {429, "penstock; error=http_request_denied", false, 1},       // rate_limited
    {503, "penstock; error=connection_limit_reached", false, 1},  // overloaded
    {503, "penstock; error=destination_unavailable", false, 1},   // no_endpoint
    {503, "penstock; error=connection_limit_reached", false, 1},  // pool_full
    {503, "penstock; error=destination_unavailable", false, 1},   // circuit_open
    {502, "penstock; error=connection_refused", false, 0},        // connect_failed
    {504, "penstock; error=connection_timeout", false, 0},        // connect_timeout
    {502, "penstock; error=tls_certificate_error", false, 0},     // tls_certificate
    {502, "penstock; error=tls_protocol_error", false, 0},        // tls_protocol
    {502, "penstock; error=connection_terminated", false, 0},     // upstream_reset
    {502, "penstock; error=http_protocol_error", false, 0},       // upstream_protocol
    {502, "penstock; error=http_response_incomplete", false, 0},  // upstream_truncated
    {504, "penstock; error=http_response_timeout", false, 0},     // first_byte_timeout
    {504, "penstock; error=connection_read_timeout", false, 0},   // upstream_idle_timeout
    {504, "penstock; error=http_response_timeout", false, 0},     // total_timeout
    {503, "penstock; error=destination_unavailable", true, 1},    // draining
    {503, "penstock; error=destination_unavailable", true, 1},    // config_replaced
    {503, "penstock; error=destination_unavailable", true, 1},    // degraded: never answered
    {500, "penstock; error=proxy_internal_error", true, 0},       // internal
}};

const Row& row(ErrorKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

/// What all bodies of one kind have in common.
struct BodyParts {
  std::string before_detail;
  std::string after_detail;
};

const BodyParts& body_parts(ErrorKind wanted) {
  static const auto kParts = [] {
    std::array<BodyParts, kErrorKinds> parts;
    for (std::size_t i = 0; i < kErrorKinds; ++i) {
      const int status = kRows[i].status;
      parts[i].before_detail.append(R"({"type":"about:blank","title":")").append(reason_phrase(status));
      parts[i].before_detail.append(R"(","status":)").append(std::to_string(status)).append(R"(,"detail":")");
      parts[i].after_detail.append(R"(","reason":")").append(name(static_cast<ErrorKind>(i)));
      parts[i].after_detail.append(R"(","request_id":")");
    }
    return parts;
  }();
  return kParts[static_cast<std::size_t>(wanted)];
}

}  // namespace

int status_of(ErrorKind kind) {
  return row(kind).status;
}

Reply make_reply(ErrorKind kind, std::string_view detail, std::string_view request_id) {
  Reply reply;
  make_reply(kind, detail, request_id, reply);
  return reply;
}

void make_reply(ErrorKind kind, std::string_view detail, std::string_view request_id, Reply& reply) {
  const Row& r = row(kind);
  reply.status = r.status;
  reply.content_type = "application/problem+json";
  reply.proxy_status = r.proxy_status;
  reply.close = r.close;
  reply.retry_after_s = r.retry_after_s;
  reply.fields.clear();
  // All parts are literals or checked ids: nothing here needs escaping.
  const BodyParts& parts = body_parts(kind);
  reply.body.assign(parts.before_detail).append(detail.empty() ? name(kind) : detail).append(parts.after_detail);
  reply.body.append(request_id).append("\"}\n");
}

}  // namespace penstock::http
