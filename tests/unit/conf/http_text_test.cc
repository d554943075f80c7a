#include "conf/http_text.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

TEST(HttpText, MethodsAreUpperCaseTokensButNotConnect) {
  EXPECT_EQ(*read_method("get"), "GET");
  EXPECT_EQ(*read_method("M-SEARCH"), "M-SEARCH");
  EXPECT_FALSE(read_method("GET /"));
  EXPECT_FALSE(read_method(""));
  EXPECT_EQ(read_method("connect").problem(), "CONNECT is always refused and cannot be routed");
}

TEST(HttpText, FieldNamesAreLowerCaseTokens) {
  EXPECT_EQ(*read_field_name("X-Env"), "x-env");
  for (const char* name : {"", "X Env", "X:", "\xc3\xbc"}) EXPECT_FALSE(read_field_name(name)) << name;
}

TEST(HttpText, FieldValuesCannotSplitAHead) {
  EXPECT_EQ(*read_field_value(""), "");
  EXPECT_EQ(*read_field_value("a\tb \xc3\xbc"), "a\tb \xc3\xbc");
  for (const char* value : {"a\nb", "a\rb", "\x7f", " a", "a\t"}) EXPECT_FALSE(read_field_value(value)) << value;
  EXPECT_FALSE(read_field_value(std::string_view("a\0b", 3)));
}

TEST(HttpText, HostsAreNamesWildcardsOrLiteralsInLowerCase) {
  for (const char* host : {"api.example.com", "*.example.com", "localhost", "10.0.0.1", "[::1]", "*.com"}) {
    ASSERT_TRUE(read_host_pattern(host)) << host;
    EXPECT_EQ(*read_host_pattern(host), host);
  }
  EXPECT_EQ(*read_host_pattern("API.Example.COM"), "api.example.com");
}

TEST(HttpText, WhatIsNoHostIsRefused) {
  for (const char* host : {"", "*", "*.", "a.*", "*.*.com", "*a.com", "a..b", "a.", "a/b", "a:80", "10.0.0.1:80", "::1",
                           "*.10.0.0.1", "[::1]:80", "http://a"}) {
    EXPECT_FALSE(read_host_pattern(host)) << host;
  }
  EXPECT_EQ(read_host_pattern("example.com:443").problem(), "is matched without its port: \"example.com\"");
}

TEST(HttpText, ARedirectIsAPathOrAUrlWithKnownPlaceholders) {
  for (const char* to : {"/", "https://{host}{uri}", "{scheme}://www.{host}/a?{query}", "{path}"}) {
    EXPECT_TRUE(read_redirect_target(to)) << to << " " << read_redirect_target(to).problem();
  }
}

TEST(HttpText, ARedirectCannotSplitAHeadOrRunAScript) {
  for (const char* to : {"", "a", "javascript:x", "/a b", "/a\r\nb: c", "/\xc3\xbc", "/{", "/}", "/{uri", "{host}/a"}) {
    EXPECT_FALSE(read_redirect_target(to)) << to;
  }
  EXPECT_EQ(read_redirect_target("/{hots}").problem(),
            "knows {scheme}, {host}, {path}, {query} and {uri}, not {hots} (did you mean \"host\"?)");
}

TEST(HttpText, AContentTypeHasTwoParts) {
  EXPECT_TRUE(read_content_type("text/html; charset=utf-8"));
  for (const char* type : {"", "text", "/html", "text/", "text /html", "text/html\n"})
    EXPECT_FALSE(read_content_type(type)) << type;
}

TEST(HttpText, ACookieHasATokenForANameAndAPathWithoutSemicolon) {
  EXPECT_EQ(*read_cookie_name("__Host-at"), "__Host-at");
  for (const char* name : {"", "a b", "a=b", "a;b"}) EXPECT_FALSE(read_cookie_name(name)) << name;
  EXPECT_EQ(*read_cookie_path("/a/b"), "/a/b");
  for (const char* path : {"", "a", "/a;b", "/a b", "/a\n"}) EXPECT_FALSE(read_cookie_path(path)) << path;
}

TEST(HttpText, ACheckAsksForAPathWithOrWithoutAQuery) {
  EXPECT_EQ(*read_check_path("/healthz?deep=1"), "/healthz?deep=1");
  for (const char* path : {"", "healthz", "/a b", "/a\r\nHost: x", "/a#b"}) EXPECT_FALSE(read_check_path(path)) << path;
}

TEST(HttpText, AHostFieldHasAHostAndPerhapsAPort) {
  for (const char* host : {"orders.internal", "orders.internal:80", "10.0.0.1", "10.0.0.1:80", "[::1]", "[::1]:80"}) {
    ASSERT_TRUE(read_host_field(host)) << host;
    EXPECT_EQ(*read_host_field(host), host);
  }
  for (const char* host : {"", "a b", "a:0", "a:b", "::1", "unix:/a", "http://a", "a/b", "a\r\n"}) {
    EXPECT_FALSE(read_host_field(host)) << host;
  }
}

TEST(HttpText, AStatusIsACodeAClassOrARange) {
  EXPECT_EQ(*read_status_range("204"), (StatusRange{204, 204}));
  EXPECT_EQ(*read_status_range("2xx"), (StatusRange{200, 299}));
  EXPECT_EQ(*read_status_range("200-399"), (StatusRange{200, 399}));
  for (const char* text :
       {"", "2", "99", "600", "1xx", "6xx", "2x", "2xxx", "xx", "200-", "-399", "200-2xx", "200 - 399"})
    EXPECT_FALSE(read_status_range(text)) << text;
  EXPECT_EQ(read_status_range("399-200").problem(), "ends before it begins: \"399-200\"");
}

TEST(HttpText, AStatusIsWrittenShort) {
  EXPECT_EQ(format_status_range({204, 204}), "204");
  EXPECT_EQ(format_status_range({200, 299}), "200-299");
}

TEST(HttpText, NamesFitMetricLabelsAndUrls) {
  EXPECT_TRUE(read_name("orders-2.eu/blue_green"));
  EXPECT_TRUE(read_name(std::string(128, 'a')));
  for (const char* name : {"", "-a", "a b", "a{b}", "\xc3\xbc"}) EXPECT_FALSE(read_name(name)) << name;
  EXPECT_FALSE(read_name(std::string(129, 'a')));
}

}  // namespace
}  // namespace penstock::conf
