#include "gateway/observe/redact.h"

#include <gtest/gtest.h>

namespace penstock::observe {
namespace {

std::string redacted(std::string_view url) {
  std::string scratch = "left over from before";
  return std::string(redact_url(url, scratch));
}

TEST(RedactUrl, LeavesAloneWhatHoldsNoCredential) {
  for (const char* url : {"/", "/a?b=c&d=e", "/token=1", "*", "", "/a?", "/a?token", "https://example.com/a@b?c=d",
                          "/x?tokens=1&mykey=2&keys=3", "/a?b=token&c"}) {
    EXPECT_EQ(redacted(url), url);
  }
}

TEST(RedactUrl, HidesTheValuesOfCredentials) {
  EXPECT_EQ(redacted("/a?token=abc"), "/a?token=REDACTED");
  EXPECT_EQ(redacted("/a?x=1&api_key=abc&y=2"), "/a?x=1&api_key=REDACTED&y=2");
  EXPECT_EQ(redacted("/a?sig=1&signature=2&x=3&key="), "/a?sig=REDACTED&signature=REDACTED&x=3&key=REDACTED");
  for (const std::string name :
       {"access_token", "token", "api_key", "apikey", "password", "secret", "key", "sig", "signature"}) {
    EXPECT_EQ(redacted("/?" + name + "=v"), "/?" + name + "=REDACTED");
  }
}

TEST(RedactUrl, KnowsANameInAnyCaseAndEncoding) {
  EXPECT_EQ(redacted("/?PassWord=x"), "/?PassWord=REDACTED");
  EXPECT_EQ(redacted("/?access%5Ftoken=x"), "/?access%5Ftoken=REDACTED");
  EXPECT_EQ(redacted("/?%73%65%63%72%65%74=x"), "/?%73%65%63%72%65%74=REDACTED");
  EXPECT_EQ(redacted("/?key%zz=x&key%4=y"), "/?key%zz=x&key%4=y");
}

TEST(RedactUrl, FindsANameWhereSomeServersWouldAndHidesAsFarAsAnyWould) {
  EXPECT_EQ(redacted("/?a=1;token=x"), "/?a=1;token=REDACTED");
  EXPECT_EQ(redacted("/cb#access_token=x&b=c"), "/cb#access_token=REDACTED&b=c");
  EXPECT_EQ(redacted("/?a=b?token=x"), "/?a=b?token=REDACTED");
  EXPECT_EQ(redacted("/?token=x;y=z#f?g&b=c"), "/?token=REDACTED&b=c");
}

TEST(RedactUrl, HidesUserinfo) {
  EXPECT_EQ(redacted("https://user:pass@example.com/a"), "https://REDACTED@example.com/a");
  EXPECT_EQ(redacted("https://user:p@ss@example.com"), "https://REDACTED@example.com");
  EXPECT_EQ(redacted("http://u@h?token=x"), "http://REDACTED@h?token=REDACTED");
}

TEST(RedactUrl, HidesUserinfoThatWasCutBeforeItsEnd) {
  EXPECT_EQ(redacted("https://user:" + std::string(400, 'p')), "https://REDACTED");
}

}  // namespace
}  // namespace penstock::observe
