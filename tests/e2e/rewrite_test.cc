// Fields, paths and hosts that are changed on the way.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class Rewrite : public H1ToH1 {
 protected:
  /// What the backend gets of a request for /api/users/7?a=b.
  Message seen(const std::string& route, const std::string& upstream = "") {
    const Gateway gateway(gateway_yaml(backend.address(), {.upstream = upstream, .route = route}));
    answer_ = Client(gateway).ask(request("GET", "/api/users/7?a=b", "X-Debug: 1\r\nx-debug: 2\r\n"));
    return backend.requests(1)[0];
  }
  const Message& answer() const { return answer_; }

 private:
  Message answer_;
};

TEST_F(Rewrite, TheBeginningOfThePathIsStripped) {
  EXPECT_EQ(seen("rewrite: { strip: /api }").target(), "/users/7?a=b");
}

TEST_F(Rewrite, ThePathIsReplacedAndTheQueryStays) {
  EXPECT_EQ(seen("rewrite: { path: '/v2{path}' }").target(), "/v2/api/users/7?a=b");
}

TEST_F(Rewrite, FieldsOfTheRequestAreRemovedSetAndAdded) {
  const Message got =
      seen("fields: { request: { remove: [X-Debug], set: { X-Real-IP: '{client_ip}' }, add: { Via: extra } } }");
  EXPECT_FALSE(got.fields.has("X-Debug"));
  EXPECT_EQ(got["X-Real-IP"], "127.0.0.1");
  EXPECT_THAT(got.fields.all("Via"), testing::ElementsAre("1.1 penstock", "extra"));
}

TEST_F(Rewrite, FieldsOfTheAnswerAreChangedLastOfAll) {
  seen("fields: { response: { remove: [Via], set: { X-Path: '{uri}' } } }");
  EXPECT_FALSE(answer().fields.has("Via"));
  EXPECT_EQ(answer()["X-Path"], "/api/users/7?a=b");
}

TEST_F(Rewrite, AnswersOfOurOwnAreChangedToo) {
  const Gateway gateway(gateway_yaml(
      backend.address(), {.route = "limits: [{ token_bucket: { rate: 1/h, burst: 1 } }], "
                                   "fields: { response: { remove: [RateLimit], set: { X-Frame-Options: DENY } } }"}));
  Client client(gateway);
  EXPECT_TRUE(client.get("/").fields.has("RateLimit-Policy"));
  const Message refused = client.get("/");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused["X-Frame-Options"], "DENY");
  EXPECT_FALSE(refused.fields.has("RateLimit")) << "the file has the last word";
}

TEST_F(Rewrite, BackendsSeeTheHostThatTheUpstreamSays) {
  EXPECT_EQ(seen("", "host: orders.internal")["Host"], "orders.internal");
}

TEST_F(Rewrite, OrTheEndpointsOwn) {
  const Message got = seen("", "host: endpoint");
  EXPECT_EQ(got["Host"], backend.address());
  EXPECT_NE(got["X-Forwarded-Host"], backend.address()) << "what the client asked for is told beside it";
}

}  // namespace
}  // namespace penstock::e2e
