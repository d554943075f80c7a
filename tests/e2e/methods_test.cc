// Methods that mean something to a proxy itself.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

TEST_F(H1ToH1, ConnectIsRefused) {
  Gateway gateway(backend);
  const Message answer = Client(gateway).ask("CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example:5432\r\n\r\n");
  expect_problem(answer, 405, "method_not_allowed");
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(H1ToH1, TraceIsRefused) {
  Gateway gateway(backend);
  expect_problem(Client(gateway).ask(request("TRACE", "/")), 405, "method_not_allowed");
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(H1ToH1, AMethodThatNobodyKnowsIsNotImplemented) {
  Gateway gateway(backend);
  expect_problem(Client(gateway).ask(request("BREW", "/")), 501, "method_unknown");
}

// RFC 9110 §7.6.2
TEST_F(H1ToH1, OptionsThatMayGoNoFurtherAreAnsweredHere) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).ask(request("OPTIONS", "/", "Max-Forwards: 0\r\n")).status() / 100, 2);
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(H1ToH1, MaxForwardsCountsDown) {
  Gateway gateway(backend);
  Client(gateway).ask(request("OPTIONS", "/", "Max-Forwards: 7\r\n"));
  EXPECT_THAT(backend.request().fields.all("Max-Forwards"), testing::ElementsAre("6"));
}

TEST_F(H1ToH1, MaxForwardsOfOtherMethodsIsLeftAlone) {
  Gateway gateway(backend);
  Client(gateway).get("/", "Max-Forwards: 7\r\n");
  EXPECT_EQ(backend.request()["Max-Forwards"], "7");
}

TEST_F(H1ToH1, OptionsForTheWholeServerPass) {
  Gateway gateway(backend);
  Client(gateway).ask(request("OPTIONS", "*"));
  EXPECT_EQ(backend.request().start_line, "OPTIONS * HTTP/1.1");
}

// RFC 9112 §3.2.4
TEST_F(H1ToH1, OptionsInAbsoluteFormWithoutAPathMeanTheWholeServer) {
  Gateway gateway(backend);
  Client(gateway).ask("OPTIONS http://shop.example HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  EXPECT_EQ(backend.request().start_line, "OPTIONS * HTTP/1.1");
}

}  // namespace
}  // namespace penstock::e2e
