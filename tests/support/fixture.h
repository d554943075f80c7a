// What the end-to-end suites share: a backend, and the ways to look at an answer.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "tests/support/backend.h"
#include "tests/support/client.h"
#include "tests/support/gateway.h"
#include "tests/support/message.h"

namespace penstock::e2e {

/// HTTP/1 on both sides. Tests start the gateway themselves, with what they need.
class H1ToH1 : public ::testing::Test {
 protected:
  Backend backend;
};

/// A refusal of the gateway's own: the status, a problem+json body that names the error, nothing missing.
inline void expect_problem(const Message& answer, int status, std::string_view error) {
  EXPECT_EQ(answer.status(), status) << answer.raw;
  EXPECT_EQ(answer["Content-Type"], "application/problem+json") << answer.raw;
  EXPECT_EQ(json_member(answer.body, "status"), std::to_string(status)) << answer.body;
  EXPECT_THAT(json_member(answer.body, "reason"), ::testing::HasSubstr(error));
  EXPECT_TRUE(answer.complete);
}

/// The same, with a Proxy-Status field (RFC 9209) that has this error token.
inline void expect_proxy_error(const Message& answer, int status, std::string_view error, std::string_view token) {
  expect_problem(answer, status, error);
  EXPECT_THAT(answer["Proxy-Status"], ::testing::StartsWith("penstock; error=" + std::string(token))) << answer.raw;
}

}  // namespace penstock::e2e
