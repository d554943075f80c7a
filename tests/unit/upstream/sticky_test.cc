#include "gateway/upstream/sticky.h"

#include <gtest/gtest.h>

namespace penstock::upstream {
namespace {

TEST(StickyTokenTest, IsTheBeginningOfAnHmac) {
  // printf 'app\00010.0.0.1:80' | openssl dgst -sha256 -hmac secret -binary | head -c 16 | basenc --base64url
  EXPECT_EQ(sticky_token("secret", "app", "10.0.0.1:80"), "wofixjOmNaIBsSaPYLTueA");
}

TEST(StickyTokenTest, DependsOnEverythingThatGoesIn) {
  const std::string token = sticky_token("secret", "app", "10.0.0.1:80");
  EXPECT_NE(sticky_token("other", "app", "10.0.0.1:80"), token);
  EXPECT_NE(sticky_token("secret", "ap", "10.0.0.1:80"), token);
  EXPECT_NE(sticky_token("secret", "app", "10.0.0.2:80"), token);
}

TEST(StickyCookieTest, SaysOnlyWhatIsAskedFor) {
  EXPECT_EQ(sticky_cookie({.cookie = "at"}, "T"), "at=T; Path=/; HttpOnly; SameSite=Lax");
}

TEST(StickyCookieTest, SaysAllThatIsAskedFor) {
  const conf::Sticky all = {.cookie = "at",
                            .path = "/shop",
                            .max_age = conf::milliseconds(90'000),
                            .secure = true,
                            .same_site = conf::SameSite::none};
  EXPECT_EQ(sticky_cookie(all, "T"), "at=T; Path=/shop; Max-Age=90; HttpOnly; Secure; SameSite=None");
}

}  // namespace
}  // namespace penstock::upstream
