#include "gateway/admin/guard.h"

#include <gtest/gtest.h>

#include "gateway/base/same_secret.h"

namespace penstock::admin {
namespace {

http::RequestHead asks(std::string_view path, std::string_view authorization = "",
                       http::Method method = http::Method::get) {
  http::RequestHead head;
  head.method = method;
  head.path = path;
  if (!authorization.empty()) head.fields.push_back({"Authorization", authorization});
  return head;
}

class GuardTest : public ::testing::Test {
 protected:
  bool lets_in(const http::RequestHead& head, bool certified = false) { return !guard.refusal(head, certified); }
  Guard guard{"open sesame", false};
};

TEST_F(GuardTest, WithoutAnythingToShowLetsEverybodyIn) {
  EXPECT_FALSE(Guard("", false).refusal(asks("/metrics"), false));
}

TEST_F(GuardTest, LetsInWhoShowsTheToken) {
  EXPECT_TRUE(lets_in(asks("/metrics", "Bearer open sesame")));
  EXPECT_TRUE(lets_in(asks("/metrics", "bearer  open sesame")));
  EXPECT_TRUE(lets_in(asks("/log", "Bearer open sesame", http::Method::post)));
}

TEST_F(GuardTest, RefusesAnyOtherToken) {
  for (const char* wrong : {"Bearer open sesam", "Bearer open sesame!", "Bearer ", "Bearer", "Basic open sesame",
                            "open sesame", "Bearer open sesameopen sesame"})
    EXPECT_FALSE(lets_in(asks("/metrics", wrong))) << wrong;
  EXPECT_FALSE(lets_in(asks("/metrics")));
  EXPECT_EQ(guard.refused(), 8u);
}

TEST_F(GuardTest, SaysWhatIsNeeded) {
  const auto page = guard.refusal(asks("/metrics"), false);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 401);
  EXPECT_EQ(page->www_authenticate, "Bearer realm=\"penstock\"");
  EXPECT_EQ(page->body.find("sesame"), std::string::npos);
}

TEST_F(GuardTest, LetsAnybodyAskWhetherItLivesAndIsReady) {
  EXPECT_TRUE(lets_in(asks("/livez")));
  EXPECT_TRUE(lets_in(asks("/readyz", "", http::Method::head)));
  EXPECT_FALSE(lets_in(asks("/readyz", "", http::Method::post)));
  EXPECT_FALSE(lets_in(asks("/readyz/")));
}

TEST_F(GuardTest, ACertificateOpensOnlyWhereCertificatesAreAskedFor) {
  EXPECT_FALSE(lets_in(asks("/metrics"), true));
  EXPECT_FALSE(Guard("open sesame", true).refusal(asks("/metrics"), true));
  EXPECT_FALSE(Guard("open sesame", true).refusal(asks("/metrics", "Bearer open sesame"), false));
  EXPECT_TRUE(Guard("", true).refusal(asks("/metrics"), false));
  EXPECT_TRUE(Guard("", true).refusal(asks("/metrics", "Bearer "), false));
}

TEST(SameSecret, IsEqualityToTheLastByte) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abd", "abc"));
  EXPECT_FALSE(same_secret("abcabc", "abc"));
  EXPECT_FALSE(same_secret("", "abc"));
  EXPECT_FALSE(same_secret("abc", ""));
}

}  // namespace
}  // namespace penstock::admin
