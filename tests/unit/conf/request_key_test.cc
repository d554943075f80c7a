#include "conf/request_key.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

using From = RequestKey::From;

TEST(RequestKeys, AreReadAsTheyAreWritten) {
  for (const char* text : {"client_ip", "path", "header:x-user-id", "cookie:Session", "query:user~1"}) {
    ASSERT_TRUE(parse_request_key(text)) << text;
    EXPECT_EQ(parse_request_key(text)->text(), text);
  }
}

TEST(RequestKeys, SayWhereTheyComeFrom) {
  EXPECT_EQ(*parse_request_key("client_ip"), (RequestKey{From::client_ip, ""}));
  EXPECT_EQ(*parse_request_key("path"), (RequestKey{From::path, ""}));
  EXPECT_EQ(*parse_request_key("cookie:Session"), (RequestKey{From::cookie, "Session"}));
  EXPECT_EQ(*parse_request_key("query:Q"), (RequestKey{From::query, "Q"}));
}

TEST(RequestKeys, HeadersAreComparedInLowerCase) {
  EXPECT_EQ(*parse_request_key("header:X-User-Id"), (RequestKey{From::header, "x-user-id"}));
}

TEST(RequestKeys, AnotherIsToldThePossibleOnes) {
  EXPECT_EQ(parse_request_key("ip").problem(),
            "must be client_ip, path, header:NAME, cookie:NAME or query:NAME, is \"ip\"");
  EXPECT_EQ(
      parse_request_key("heeder:X").problem(),
      "must be client_ip, path, header:NAME, cookie:NAME or query:NAME, is \"heeder:X\" (did you mean \"header\"?)");
}

TEST(RequestKeys, ANameIsAToken) {
  for (const char* text : {"header:", "cookie:a b", "query:\xc3\xbc", "header:a:b"}) {
    EXPECT_NE(parse_request_key(text).problem().find("needs a name behind the colon"), std::string::npos) << text;
  }
  for (const char* text : {"", "header", "client_ip:", "Header:X", "path:/a"})
    EXPECT_FALSE(parse_request_key(text)) << text;
}

}  // namespace
}  // namespace penstock::conf
