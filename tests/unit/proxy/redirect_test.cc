#include "gateway/proxy/redirect.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::proxy {
namespace {

std::string expand(std::string_view to, std::string_view query = "q=1", bool has_query = true) {
  http::RequestHead head;
  head.authority = "h:81";
  head.path = "/a/b";
  head.query = query;
  head.has_query = has_query;
  return expand_redirect(to, "http", head);
}

TEST(Redirect, ReplacesThePartsOfTheRequest) {
  EXPECT_EQ(expand("https://{host}{uri}"), "https://h:81/a/b?q=1");
  EXPECT_EQ(expand("{scheme}://x{path}?y&{query}"), "http://x/a/b?y&q=1");
}

TEST(Redirect, AnEmptyQueryIsKeptAndNoneIsNotMadeUp) {
  EXPECT_EQ(expand("{uri}", "", true), "/a/b?");
  EXPECT_EQ(expand("{uri}", "", false), "/a/b");
}

TEST(Redirect, OtherBracesStay) {
  for (const char* same : {"", "/plain", "/{id}", "/{", "/}", "/{}", "/{host", "/{HOST}"})
    EXPECT_EQ(expand(same), same);
  EXPECT_EQ(expand("{x}{host}{"), "{x}h:81{");
}

// "GET //evil.example/ HTTP/1.1" to a route that redirects to "{uri}" sent the client to evil.example.
TEST(Redirect, APathAtTheFrontIsNeverTakenForAHost) {
  http::RequestHead head;
  head.authority = "h";
  head.path = "//evil.example/x";
  EXPECT_EQ(expand_redirect("{uri}", "http", head), "/evil.example/x");
  EXPECT_EQ(expand_redirect("{path}", "http", head), "/evil.example/x");
  EXPECT_EQ(expand_redirect("https://{host}{path}", "http", head), "https://h//evil.example/x");
}

TEST(Redirect, WhatWasPutInIsNotReadAgain) {
  EXPECT_EQ(expand("{query}", "{host}"), "{host}");
}

}  // namespace
}  // namespace penstock::proxy
