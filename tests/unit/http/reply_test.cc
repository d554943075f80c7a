#include "gateway/http/reply.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "gateway/base/json_writer.h"
#include "gateway/http/message.h"

namespace penstock::http {
namespace {

struct Expected {
  int status;
  std::string error;  ///< of Proxy-Status; empty where the field has no place
};

const std::map<ErrorKind, Expected> kExpected = {
    {ErrorKind::bad_request, {400, "http_request_error"}},
    {ErrorKind::uri_too_long, {414, "http_request_error"}},
    {ErrorKind::headers_too_large, {431, "http_request_error"}},
    {ErrorKind::body_too_large, {413, "http_request_error"}},
    {ErrorKind::method_unknown, {501, "http_request_error"}},
    {ErrorKind::coding_unknown, {501, "http_request_error"}},
    {ErrorKind::version_unsupported, {505, "http_request_error"}},
    {ErrorKind::expectation_failed, {417, "http_request_error"}},
    {ErrorKind::header_timeout, {408, "http_request_error"}},
    {ErrorKind::body_timeout, {408, "http_request_error"}},
    {ErrorKind::client_gone, {499, ""}},
    {ErrorKind::no_route, {404, ""}},
    {ErrorKind::method_not_allowed, {405, ""}},
    {ErrorKind::rate_limited, {429, "http_request_denied"}},
    {ErrorKind::overloaded, {503, "connection_limit_reached"}},
    {ErrorKind::no_endpoint, {503, "destination_unavailable"}},
    {ErrorKind::pool_full, {503, "connection_limit_reached"}},
    {ErrorKind::circuit_open, {503, "destination_unavailable"}},
    {ErrorKind::connect_failed, {502, "connection_refused"}},
    {ErrorKind::connect_timeout, {504, "connection_timeout"}},
    {ErrorKind::tls_certificate, {502, "tls_certificate_error"}},
    {ErrorKind::tls_protocol, {502, "tls_protocol_error"}},
    {ErrorKind::upstream_reset, {502, "connection_terminated"}},
    {ErrorKind::upstream_protocol, {502, "http_protocol_error"}},
    {ErrorKind::upstream_truncated, {502, "http_response_incomplete"}},
    {ErrorKind::first_byte_timeout, {504, "http_response_timeout"}},
    {ErrorKind::upstream_idle_timeout, {504, "connection_read_timeout"}},
    {ErrorKind::total_timeout, {504, "http_response_timeout"}},
    {ErrorKind::draining, {503, "destination_unavailable"}},
    {ErrorKind::config_replaced, {503, "destination_unavailable"}},
    {ErrorKind::degraded, {503, "destination_unavailable"}},
    {ErrorKind::internal, {500, "proxy_internal_error"}},
};

TEST(Reply, EachErrorHasItsStatusAndProxyStatus) {
  ASSERT_EQ(kExpected.size(), kErrorKinds - 1);
  for (const auto& [kind, expected] : kExpected) {
    const Reply reply = make_reply(kind, "why", "id");
    EXPECT_EQ(reply.status, expected.status) << name(kind);
    EXPECT_EQ(status_of(kind), expected.status) << name(kind);
    EXPECT_EQ(reply.proxy_status, expected.error.empty() ? "" : "penstock; error=" + expected.error) << name(kind);
  }
}

TEST(Reply, TheBodyIsAProblemInJson) {
  for (const auto& [kind, expected] : kExpected) {
    std::string json;
    JsonWriter(json)
        .begin_object()
        .key("type")
        .string("about:blank")
        .key("title")
        .string(http::reason_phrase(expected.status))
        .key("status")
        .number(expected.status)
        .key("detail")
        .string("timeouts.header")
        .key("reason")
        .string(name(kind))
        .key("request_id")
        .string("0123-abc")
        .end_object();
    EXPECT_EQ(make_reply(kind, "timeouts.header", "0123-abc").body, json + "\n");
    EXPECT_EQ(make_reply(kind, "", "").content_type, "application/problem+json");
  }
}

TEST(Reply, WithoutADetailTheKindIsTheDetail) {
  EXPECT_NE(make_reply(ErrorKind::pool_full, "", "id").body.find("\"detail\":\"pool_full\""), std::string::npos);
}

TEST(Reply, EndsTheConnectionAfterWhatTheClientDidWrongAndNotAfterWhatTheUpstreamDid) {
  for (const auto& [kind, expected] : kExpected) {
    const bool clients = kind < ErrorKind::no_route || kind >= ErrorKind::draining;
    EXPECT_EQ(make_reply(kind, "", "").close, clients) << name(kind);
  }
}

TEST(Reply, SaysWhenToTryAgainWhereThatMayHelp) {
  for (const auto& [kind, expected] : kExpected) {
    EXPECT_EQ(make_reply(kind, "", "").retry_after_s > 0, expected.status == 503 || expected.status == 429)
        << name(kind);
  }
}

}  // namespace
}  // namespace penstock::http
