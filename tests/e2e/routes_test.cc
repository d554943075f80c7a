// Which route a request takes, seen from outside.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class Routes : public ::testing::Test {
 protected:
  static std::string yaml(const std::string& routes) {
    return "workers: 1\nlisteners: [{ bind: \"127.0.0.1:0\" }]\nadmin: { bind: \"127.0.0.1:0\" }\n"
           "access_log: { path: stdout, format: json }\nroutes:\n" +
           routes;
  }
  static std::string says(const std::string& match, const std::string& body) {
    return "  - { match: { " + match + " }, respond: { status: 200, body: " + body + " } }\n";
  }
};

TEST_F(Routes, WhatNoRouteWantsIsNotFound) {
  Gateway gateway(yaml(says("path: /known", "yes")));
  Client client(gateway);
  expect_problem(client.get("/unknown"), 404, "no_route");
  EXPECT_EQ(client.get("/known").body, "yes");
}

TEST_F(Routes, AnotherMethodIsNotAllowedAndTheAllowedOnesAreTold) {
  Gateway gateway(yaml(says("path: /a, methods: [GET, POST]", "yes")));
  const Message answer = Client(gateway).ask(request("DELETE", "/a"));
  expect_problem(answer, 405, "method_not_allowed");
  EXPECT_EQ(answer["Allow"], "GET, HEAD, POST");
}

TEST_F(Routes, TheMostSpecificWinsWhateverTheOrder) {
  Gateway gateway(yaml(says("path: /*", "any") + says("path: \"/users/{id}\"", "one") + says("path: /users/me", "me") +
                       says("path: /users/*", "below")));
  Client client(gateway);
  EXPECT_EQ(client.get("/users/me").body, "me");
  EXPECT_EQ(client.get("/users/7").body, "one");
  EXPECT_EQ(client.get("/users/7/orders").body, "below");
  EXPECT_EQ(client.get("/other").body, "any");
}

TEST_F(Routes, HostsAreToldApart) {
  Gateway gateway(
      yaml(says("host: a.example", "exact") + says("host: \"*.example\"", "wildcard") + says("path: /*", "none")));
  Client client(gateway);
  const auto ask = [&](const std::string& host) {
    return client.ask("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").body;
  };
  EXPECT_EQ(ask("A.example:8080"), "exact");
  EXPECT_EQ(ask("b.example"), "wildcard");
  EXPECT_EQ(ask("other.test"), "none");
}

TEST_F(Routes, HeadersAndQueriesDecide) {
  Gateway gateway(yaml(says("path: /a, headers: { X-Env: gray }", "gray") +
                       says("path: /a, query: { v: \"2\" }", "two") + says("path: /a", "plain")));
  Client client(gateway);
  EXPECT_EQ(client.get("/a", "x-env: gray\r\n").body, "gray");
  EXPECT_EQ(client.get("/a?u=1&v=2").body, "two");
  EXPECT_EQ(client.get("/a?v=3", "X-Env: white\r\n").body, "plain");
}

// A route must judge the path that the backend will see.
TEST_F(Routes, EncodedPathsFindTheSameRoute) {
  Gateway gateway(yaml(says("path: /admin/*", "admin") + says("path: /*", "public")));
  Client client(gateway);
  EXPECT_EQ(client.get("/%61dmin/x").body, "admin");
  EXPECT_EQ(client.get("//admin//x").body, "admin");
  for (const char* target : {"/x/../admin/y", "/x/%2e%2e/admin/y", "/./admin/y"}) {
    EXPECT_EQ(client.get(target).body, "admin") << target;
  }
}

TEST_F(Routes, ADirectAnswerIsWholeAndKeepsTheConnection) {
  Gateway gateway(yaml("  - { match: { path: /x }, respond: { status: 418, body: tea, content_type: text/tea } }\n"));
  Client client(gateway);
  for (int i = 0; i < 2; ++i) {
    const Message answer = client.get("/x");
    EXPECT_EQ(answer.status(), 418);
    EXPECT_EQ(answer["Content-Type"], "text/tea");
    EXPECT_EQ(answer["Content-Length"], "3");
    EXPECT_EQ(answer.body, "tea");
    EXPECT_TRUE(answer.fields.has("Date"));
  }
}

TEST_F(Routes, ADirectAnswerToHeadHasNoBody) {
  Gateway gateway(yaml(says("path: /x", "long")));
  Client client(gateway);
  client.send(request("HEAD", "/x"));
  EXPECT_EQ(client.response_to_head()["Content-Length"], "4");
  EXPECT_EQ(client.get("/x").body, "long");
}

TEST_F(Routes, ADirectAnswerReadsTheBodyThatComesWithTheRequest) {
  Gateway gateway(yaml(says("path: /x", "done")));
  Client client(gateway);
  client.send(post("/x", get("/smuggled")) + get("/x"));
  EXPECT_EQ(client.response().body, "done");
  EXPECT_EQ(client.response().body, "done");
  EXPECT_TRUE(client.stays_quiet(milliseconds(20)));
}

TEST_F(Routes, RedirectsFillInTheirPlaceholders) {
  Gateway gateway(
      yaml("  - { match: { path: /old/* }, redirect: { to: \"https://{host}/new{path}?from=old&{query}\" } }\n"
           "  - { match: { path: /up }, redirect: { to: \"https://{host}{uri}\", status: 308 } }\n"));
  Client client(gateway);
  const Message found = client.get("/old/a%20b?x=1");
  EXPECT_EQ(found.status(), 302);
  EXPECT_EQ(found["Location"], "https://test.example/new/old/a%20b?from=old&x=1");
  const Message moved = client.get("/up?y");
  EXPECT_EQ(moved.status(), 308);
  EXPECT_EQ(moved["Location"], "https://test.example/up?y");
}

TEST_F(Routes, TheLogNamesTheRoute) {
  Gateway gateway(yaml("  - { id: tea, match: { path: /x }, respond: { status: 200, body: x } }\n"));
  Client(gateway).get("/x");
  EXPECT_EQ(json_member(gateway.access_line(), "route"), "tea");
}

}  // namespace
}  // namespace penstock::e2e
