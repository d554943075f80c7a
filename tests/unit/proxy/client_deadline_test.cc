#include "gateway/proxy/client_deadline.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/http/h1_head.h"

namespace penstock::proxy {
namespace {

ClientDeadline of(const std::string& fields) {
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  std::string scratch;
  http::RequestHead head;
  EXPECT_FALSE(http::parse_request_head(text, {}, head, scratch)) << text;
  return client_deadline(head);
}

Nanos within(const std::string& fields) {
  return of(fields).within;
}

TEST(ClientDeadlines, WithoutAFieldThereIsNone) {
  EXPECT_EQ(within("Accept: */*\r\n"), ClientDeadline::kNone);
  EXPECT_FALSE(of("").told);
}

TEST(ClientDeadlines, AreMillisecondsOrAsGrpcHasThem) {
  EXPECT_EQ(within("X-Request-Timeout-Ms: 1500\r\n"), 1500 * kNanosPerMilli);
  EXPECT_EQ(within("grpc-timeout: 2H\r\n"), 7200 * kNanosPerSecond);
  EXPECT_EQ(within("grpc-timeout: 3M\r\n"), 180 * kNanosPerSecond);
  EXPECT_EQ(within("grpc-timeout: 4S\r\n"), 4 * kNanosPerSecond);
  EXPECT_EQ(within("grpc-timeout: 99999999m\r\n"), ClientDeadline::kNone);
  EXPECT_EQ(within("grpc-timeout: 5m\r\n"), 5 * kNanosPerMilli);
  EXPECT_EQ(within("grpc-timeout: 6u\r\n"), 6000u);
  EXPECT_EQ(within("grpc-timeout: 7n\r\n"), 7u);
}

TEST(ClientDeadlines, TheShorterCounts) {
  EXPECT_EQ(within("X-Request-Timeout-Ms: 900\r\ngrpc-timeout: 1S\r\n"), 900 * kNanosPerMilli);
  EXPECT_EQ(within("X-Request-Timeout-Ms: 1100\r\ngrpc-timeout: 1S\r\n"), kNanosPerSecond);
}

TEST(ClientDeadlines, OnlyOurFieldIsToldOn) {
  EXPECT_TRUE(of("X-Request-Timeout-Ms: 900\r\n").told);
  EXPECT_FALSE(of("grpc-timeout: 1S\r\n").told);
}

TEST(ClientDeadlines, WhatIsMalformedSaysNothing) {
  for (const char* value : {"", "-1", "+1", "1.5", "10ms", "1e3", "99999999999999999999999"}) {
    EXPECT_EQ(within("X-Request-Timeout-Ms: " + std::string(value) + "\r\n"), ClientDeadline::kNone) << value;
  }
  for (const char* value : {"", "S", "1", "1s", "123456789S", "-1S", "1SS"}) {
    EXPECT_EQ(within("grpc-timeout: " + std::string(value) + "\r\n"), ClientDeadline::kNone) << value;
  }
}

TEST(ClientDeadlines, WhatIsMeantForThisConnectionAloneSaysNothing) {
  EXPECT_FALSE(of("Connection: x-request-timeout-ms\r\nX-Request-Timeout-Ms: 900\r\n").told);
}

TEST(ClientDeadlines, NoTimeIsADeadlineToo) {
  EXPECT_EQ(within("X-Request-Timeout-Ms: 0\r\n"), 0u);
}

}  // namespace
}  // namespace penstock::proxy
