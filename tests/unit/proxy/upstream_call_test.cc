// One request to one upstream, by scripted streams.
#include <gmock/gmock.h>

#include "tests/unit/proxy/call_fixture.h"

namespace penstock::proxy {
namespace {

using observe::RetryReason;

TEST_F(CallTest, ARequestIsSentAndItsAnswerPassedOn) {
  begin();
  EXPECT_EQ(stream(0).got, "head end");
  stream(0).hints(103);
  stream(0).answers(200);
  stream(0).says("ok");
  stream(0).ends();
  EXPECT_EQ(owner.told, "103 200 ok end");
}

TEST_F(CallTest, TheBodyWaitsForTheConnection) {
  each_stream = [](ScriptedStream& s) { s.is_ready = false; };
  begin(false);
  EXPECT_TRUE(owner.paused);
  stream(0).becomes_ready();
  EXPECT_FALSE(owner.paused);
  call.send_body("ab", {});
  call.send_end({});
  EXPECT_EQ(stream(0).got, "head ab end");
}

TEST_F(CallTest, AnEndpointThatTakesNoMorePausesTheClient) {
  begin(false);
  stream(0).is_congested = true;
  call.send_body("ab", {});
  EXPECT_TRUE(owner.paused);
  stream(0).handler->on_request_drained();
  EXPECT_FALSE(owner.paused);
}

TEST_F(CallTest, NobodyToAskIsAFailure) {
  endpoints(0);
  begin();
  EXPECT_EQ(owner.error, ErrorKind::no_endpoint);
}

TEST_F(CallTest, NothingIsBegunThatCannotFinish) {
  policy.due = loop.now();
  body.restart();
  call.restart();
  call.begin(loop, random, cluster(), {&head, &body, {}, false, true}, policy);
  EXPECT_EQ(owner.error, ErrorKind::total_timeout);
  EXPECT_TRUE(streams.empty());
}

// ---- stale connections

TEST_F(CallTest, AStaleConnectionIsReplacedByAFreshOneAtNobodysCost) {
  each_stream = [](ScriptedStream& s) { s.is_reused = !s.fresh, s.is_sent = true; };
  begin();
  stream(0).fails(ErrorKind::upstream_reset, Stage::waiting);
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_TRUE(stream(0).released && stream(1).fresh);
  EXPECT_EQ(retries(RetryReason::stale_connection), 1u);
  EXPECT_EQ(records[stream(0).endpoint]->failures_in_a_row(), 0u) << "it says nothing against the endpoint";
}

TEST_F(CallTest, AFreshConnectionThatIsResetIsNotReplacedAgain) {
  each_stream = [](ScriptedStream& s) { s.is_reused = true; };
  begin();
  stream(0).fails(ErrorKind::upstream_reset, Stage::waiting);
  stream(1).fails(ErrorKind::upstream_reset, Stage::waiting);
  EXPECT_EQ(owner.error, ErrorKind::upstream_reset);
  EXPECT_EQ(streams.size(), 2u);
}

TEST_F(CallTest, APostThatWasSentOnAStaleConnectionIsNotSentAgain) {
  head.method = http::Method::post;
  each_stream = [](ScriptedStream& s) { s.is_reused = s.is_sent = true; };
  begin();
  stream(0).fails(ErrorKind::upstream_reset, Stage::waiting);
  EXPECT_EQ(owner.error, ErrorKind::upstream_reset);
}

TEST_F(CallTest, APostOfWhichNothingWasSentIsSentAgainWithItsBody) {
  head.method = http::Method::post;
  each_stream = [](ScriptedStream& s) { s.is_reused = !s.fresh; };
  begin(false);
  call.send_body("abc", {});
  call.send_end({});
  stream(0).fails(ErrorKind::upstream_reset, Stage::waiting);
  EXPECT_EQ(stream(1).got, "head abc end");
}

// ---- trying again

TEST_F(CallTest, WithoutAPolicyTwoOtherEndpointsAreTriedForOneThatRefuses) {
  begin();
  stream(0).fails(ErrorKind::connect_failed, Stage::connecting, true);
  stream(1).fails(ErrorKind::connect_failed, Stage::connecting, true);
  stream(2).fails(ErrorKind::connect_failed, Stage::connecting, true);
  EXPECT_EQ(owner.error, ErrorKind::connect_failed);
  EXPECT_THAT((std::vector{stream(0).endpoint, stream(1).endpoint, stream(2).endpoint}),
              testing::UnorderedElementsAre("a", "b", "c"));
}

TEST_F(CallTest, WithoutAPolicyAnAnswerIsAnAnswer) {
  begin();
  stream(0).answers(503);
  EXPECT_EQ(owner.told, "503 ");
}

TEST_F(CallTest, APolicyAsksAnotherEndpointAfterABackoff) {
  use_policy();
  begin();
  stream(0).answers(503);
  EXPECT_EQ(owner.told, "") << "nobody gets this answer";
  stream(0).says("sorry");
  stream(0).ends();
  EXPECT_TRUE(stream(0).released) << "read to its end, its connection can be used again";
  ASSERT_TRUE(another_stream());
  EXPECT_NE(stream(1).endpoint, stream(0).endpoint);
  stream(1).answers(200);
  EXPECT_EQ(owner.told, "200 ");
}

TEST_F(CallTest, ARetriedAnswerThatBreaksOffDuringTheBackoffHurtsNobody) {
  use_policy();
  begin();
  stream(0).answers(503);
  stream(0).fails(ErrorKind::upstream_truncated, Stage::answering);
  ASSERT_TRUE(another_stream());
  EXPECT_EQ(owner.error, ErrorKind::none);
}

TEST_F(CallTest, ABodyLongerThanThePolicyKeepsIsNotSentTwice) {
  use_policy();
  retry.max_body = 4;
  head.method = http::Method::put;
  begin(false);
  call.send_body("12345", {});
  call.send_end({});
  stream(0).is_sent = true;
  stream(0).answers(503);
  EXPECT_EQ(owner.told, "503 ");
}

TEST_F(CallTest, WithoutBudgetThereIsNoRetry) {
  use_policy();
  config.retry.emplace();
  config.retry->budget = 0;
  config.retry->min_per_second = 0;
  guard = std::make_shared<upstream::Guard>(config);
  endpoints(3);
  begin();
  stream(0).answers(503);
  EXPECT_EQ(owner.told, "503 ");
  EXPECT_EQ(stats.retry_budget_exhausted.value(), 1u);
}

TEST_F(CallTest, ThePolicysAttemptsAreCountedAndThenTheAnswerStands) {
  use_policy();
  retry.attempts = 2;
  begin();
  stream(0).answers(503);
  ASSERT_TRUE(another_stream());
  stream(1).answers(502);
  EXPECT_EQ(owner.told, "502 ");
  EXPECT_EQ(call.tries(), 2);
}

// ---- hedging

class HedgedCall : public CallTest {
 protected:
  void SetUp() override {
    CallTest::SetUp();
    use_policy();
    retry.hedge_after.emplace(conf::milliseconds(1));
  }
  void hedged() {
    begin();
    ASSERT_TRUE(another_stream());
  }
};

TEST_F(HedgedCall, ASecondEndpointIsAskedBesideOneThatTakesLong) {
  hedged();
  EXPECT_NE(stream(1).endpoint, stream(0).endpoint);
  EXPECT_EQ(stream(1).got, "head end");
  EXPECT_FALSE(stream(0).released);
}

TEST_F(HedgedCall, TheFirstThatAnswersIsPassedOnAndTheOtherOneDropped) {
  hedged();
  stream(1).answers(200);
  EXPECT_TRUE(stream(0).released);
  EXPECT_EQ(owner.told, "200 ");
  EXPECT_EQ(stats.hedges_won.value(), 1u);
}

TEST_F(HedgedCall, WhileTwoRunTheClientHearsOfNeither) {
  hedged();
  stream(0).hints(103);
  stream(0).answers(503);
  EXPECT_EQ(owner.told, "") << "the other one may have a better answer";
  stream(1).answers(200);
  EXPECT_EQ(owner.told, "200 ");
}

TEST_F(HedgedCall, AHedgeThatFailsLeavesTheFirstTryAlone) {
  hedged();
  stream(1).fails(ErrorKind::upstream_reset, Stage::waiting);
  EXPECT_TRUE(stream(1).released);
  stream(0).answers(200);
  EXPECT_EQ(owner.told, "200 ");
}

TEST_F(HedgedCall, IfTheFirstFailsTheCallConnectsWithItsHedge) {
  each_stream = [this](ScriptedStream& s) { s.is_ready = streams.size() == 1; };
  hedged();
  stream(0).fails(ErrorKind::upstream_reset, Stage::waiting);
  stream(1).becomes_ready();
  EXPECT_EQ(stream(1).got, "head end");
  stream(1).answers(200);
  EXPECT_EQ(owner.told, "200 ");
}

TEST_F(HedgedCall, NothingIsDoneBesideWhatMustBeDoneWhereLimitsAreNearlyReached) {
  owner.is_crowded = true;
  begin();
  ASSERT_TRUE(run_until([began = uv_hrtime()] { return uv_hrtime() > began + 20 * kNanosPerMilli; }));
  EXPECT_EQ(streams.size(), 1u);
}

// ---- endings

TEST_F(CallTest, DroppedItGivesEverythingBackAndTellsNothing) {
  begin();
  call.drop();
  EXPECT_TRUE(stream(0).released);
  EXPECT_EQ(owner.told, "");
}

TEST_F(CallTest, AnEndpointThatNeverAnswersHasFailedWhenTheTimeIsOver) {
  begin();
  call.abandon(ErrorKind::total_timeout);
  EXPECT_EQ(records[stream(0).endpoint]->failures_in_a_row(), 1u);
}

TEST_F(CallTest, AClientThatLeavesSaysNothingAgainstTheEndpoint) {
  begin();
  call.abandon(ErrorKind::client_gone);
  EXPECT_EQ(records[stream(0).endpoint]->failures_in_a_row(), 0u);
}

TEST_F(CallTest, ADeadlineThatTheClientChoseSaysNothingAgainstTheEndpoint) {
  begin();
  call.abandon(ErrorKind::total_timeout, true);
  EXPECT_EQ(records[stream(0).endpoint]->failures_in_a_row(), 0u);
}

TEST_F(CallTest, ATotalThatIsOverWhileTheClientSendsSaysNothingAgainstTheEndpoint) {
  begin(false);
  call.abandon(ErrorKind::total_timeout);
  EXPECT_EQ(records[stream(0).endpoint]->failures_in_a_row(), 0u);
}

TEST_F(CallTest, WhatTheGatewayLacksSaysNothingAgainstTheEndpoint) {
  each_stream = [](ScriptedStream& s) { s.is_ready = false; };
  begin();
  stream(0).lacks_a_port();
  stream(1).lacks_a_port();
  stream(2).lacks_a_port();
  EXPECT_EQ(owner.error, ErrorKind::connect_failed);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(records[stream(i).endpoint]->failures_in_a_row(), 0u);
}

TEST_F(CallTest, WhatWasSentMayMoveOnlyIfItMayBeSentTwice) {
  policy.resends = true;
  begin();
  stream(0).is_sent = true;
  EXPECT_TRUE(call.may_move()) << "a GET";
  call.drop();
  head.method = http::Method::post;
  begin();
  EXPECT_TRUE(call.may_move()) << "nothing of it was sent";
  stream(1).is_sent = true;
  EXPECT_FALSE(call.may_move());
}

// ---- tunnels

TEST_F(CallTest, OnlyAnUpgradeThatWasAskedForIsOne) {
  begin();
  stream(0).is_sent = true;
  stream(0).switches("websocket");
  EXPECT_EQ(owner.error, ErrorKind::upstream_protocol);
}

TEST_F(CallTest, InATunnelBytesPassAsTheyAre) {
  policy.due = loop.now() + 10 * kNanosPerSecond;
  call.restart();
  call.begin(loop, random, cluster(), {&head, &body, {}, true, true}, policy);
  stream(0).switches("websocket");
  call.send_body("ping", {});
  stream(0).says("pong");
  EXPECT_EQ(stream(0).got, "head end tunnelping ");
  EXPECT_EQ(owner.told, "switch pong ");
}

}  // namespace
}  // namespace penstock::proxy
