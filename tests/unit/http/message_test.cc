#include "gateway/http/message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace penstock::http {
namespace {

const std::vector<std::pair<std::string, FieldId>> kKnownNames = {
    {"authorization", FieldId::authorization},
    {"connection", FieldId::connection},
    {"content-length", FieldId::content_length},
    {"content-type", FieldId::content_type},
    {"cookie", FieldId::cookie},
    {"date", FieldId::date},
    {"expect", FieldId::expect},
    {"forwarded", FieldId::forwarded},
    {"x-real-ip", FieldId::forwarded_other},
    {"x-forwarded-ssl", FieldId::forwarded_other},
    {"x-forwarded-uri", FieldId::forwarded_other},
    {"x-forwarded-port", FieldId::forwarded_other},
    {"x-forwarded-method", FieldId::forwarded_other},
    {"x-forwarded-prefix", FieldId::forwarded_other},
    {"x-forwarded-scheme", FieldId::forwarded_other},
    {"x-forwarded-server", FieldId::forwarded_other},
    {"client-cert", FieldId::client_certificate},
    {"client-cert-chain", FieldId::client_certificate},
    {"x-forwarded-client-cert", FieldId::client_certificate},
    {"grpc-timeout", FieldId::grpc_timeout},
    {"host", FieldId::host},
    {"http2-settings", FieldId::http2_settings},
    {"idempotency-key", FieldId::idempotency_key},
    {"keep-alive", FieldId::keep_alive},
    {"max-forwards", FieldId::max_forwards},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"proxy-connection", FieldId::proxy_connection},
    {"proxy-status", FieldId::proxy_status},
    {"referer", FieldId::referer},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"upgrade", FieldId::upgrade},
    {"user-agent", FieldId::user_agent},
    {"via", FieldId::via},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"x-request-id", FieldId::x_request_id},
    {"x-request-timeout-ms", FieldId::x_request_timeout_ms},
};

std::string with_odd_case(std::string name, std::size_t upper_each) {
  for (std::size_t i = 0; i < name.size(); i += upper_each) {
    if (name[i] >= 'a' && name[i] <= 'z') name[i] = static_cast<char>(name[i] - 'a' + 'A');
  }
  return name;
}

/// CGI and WSGI turn both into the same variable.
TEST(FieldName, ClaimsOfACertificateAreKnownWithUnderscoresToo) {
  for (const char* name : {"X_Forwarded_Client_Cert", "x-forwarded_client-cert", "CLIENT_CERT", "client_cert-chain"})
    EXPECT_EQ(parse_field_id(name), FieldId::client_certificate) << name;
  EXPECT_EQ(parse_field_id("client_certs"), FieldId::other);
}

TEST(FieldName, EachKnownOneIsFoundInAnyCase) {
  std::set<FieldId> ids;
  for (const auto& [name, id] : kKnownNames) ids.insert(id);
  ASSERT_EQ(ids.size(), static_cast<std::size_t>(FieldId::x_request_timeout_ms));
  for (const auto& [name, id] : kKnownNames) {
    EXPECT_EQ(parse_field_id(name), id) << name;
    for (const std::size_t step : {1, 2, 3}) EXPECT_EQ(parse_field_id(with_odd_case(name, step)), id) << name;
  }
}

TEST(FieldName, OneByteMoreLessOrOtherIsAnotherName) {
  for (const auto& [name, id] : kKnownNames) {
    EXPECT_EQ(parse_field_id(name + "x"), FieldId::other) << name;
    EXPECT_EQ(parse_field_id(name.substr(0, name.size() - 1)), FieldId::other) << name;
    EXPECT_EQ(parse_field_id(name.substr(0, name.size() - 1) + "_"), FieldId::other) << name;
  }
}

TEST(FieldName, CaseIsFoldedForLettersOnly) {
  EXPECT_EQ(parse_field_id("HTTP2-SETTINGS"), FieldId::http2_settings);
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("@", "`"));
}

TEST(FieldName, WhatIsEmptyOrVeryLongIsOther) {
  EXPECT_EQ(parse_field_id(""), FieldId::other);
  EXPECT_EQ(parse_field_id(std::string(10'000, 'x')), FieldId::other);
}

TEST(MethodName, IsReadBackAndCaseSensitive) {
  for (std::size_t i = 0; i + 1 < kMethods; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(parse_method(name(method)), method);
  }
  for (const char* unknown : {"get", "Get", "GETT", "GE", "", "PROPFIND", "_OTHER"}) {
    EXPECT_EQ(parse_method(unknown), Method::other) << unknown;
  }
}

TEST(MethodName, IdempotentOnesAreThoseOfTheRfc) {
  for (const Method method :
       {Method::get, Method::head, Method::put, Method::delete_, Method::options, Method::trace}) {
    EXPECT_TRUE(idempotent(method)) << name(method);
  }
  for (const Method method : {Method::post, Method::patch, Method::connect, Method::other}) {
    EXPECT_FALSE(idempotent(method)) << name(method);
  }
}

TEST(HeadFields, TheFirstOfANameIsFound) {
  Head head;
  head.fields = {{"Accept", "a"}, {"Via", "b", FieldId::via}, {"accept", "c"}, {"Via", "d", FieldId::via}};
  EXPECT_EQ(head.find("ACCEPT"), &head.fields[0]);
  EXPECT_EQ(head.get(FieldId::via), "b");
  EXPECT_EQ(head.get(FieldId::host), "");
  EXPECT_EQ(head.find(FieldId::host), nullptr);
  EXPECT_EQ(head.find("Accep"), nullptr);
}

TEST(ReasonPhrase, IsThereForAllStatusesThatTheGatewayItselfSends) {
  for (const int status :
       {200, 301, 302, 303, 307, 308, 400, 404, 405, 408, 413, 414, 417, 431, 500, 501, 502, 503, 504, 505}) {
    EXPECT_FALSE(reason_phrase(status).empty()) << status;
  }
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace penstock::http
