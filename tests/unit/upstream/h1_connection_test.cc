// One attempt: how it succeeds, and each way in which it fails.
#include <chrono>

#include "tests/unit/upstream/cluster_fixture.h"

namespace penstock::upstream {
namespace {

class ConnectionTest : public ClusterTest {
 protected:
  Endpoint endpoint{loop};
  Attempt attempt;

  void SetUp() override { apply({endpoint.entry()}); }
  Endpoint::Connection& peer() { return endpoint.at(0); }
  /// The endpoint says this and closes.
  void answer_and_close(std::string_view bytes) {
    ASSERT_TRUE(begin(attempt));
    answer(endpoint, 0, bytes);
    turn();
    peer().stream.reset();
    ASSERT_TRUE(wait_for(attempt));
  }
};

TEST_F(ConnectionTest, ARefusedConnectionIsAConnectFailure) {
  const auto [bound, address] = io::bound_socket();
  apply({{"refuses", address, 1, {}}});
  ASSERT_TRUE(begin(attempt));
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::connect_failed);
  EXPECT_EQ(stats.connect_errors.value(), 1u);
}

TEST_F(ConnectionTest, AProxyHeaderIsNoPartOfTheRequest) {
  attempt.hesitates = true;
  ASSERT_TRUE(begin(attempt, {.fresh = true, .proxy_header = "PROXY UNKNOWN\r\n"}));
  ASSERT_TRUE(run_until([&] { return endpoint.accepted() == 1 && peer().received == "PROXY UNKNOWN\r\n"; }));
  EXPECT_FALSE(attempt.lease->sent());
  peer().send(kAnswer);
  ASSERT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::upstream_reset) << "an answer to nothing";
}

TEST_F(ConnectionTest, AnEndpointThatHangsUpIsAReset) {
  answer_and_close("");
  EXPECT_EQ(attempt.error, ErrorKind::upstream_reset);
  EXPECT_EQ(attempt.failure.stage, Failure::Stage::waiting);
}

TEST_F(ConnectionTest, HalfAHeadIsAResetAfterAnAnswerBegan) {
  answer_and_close("HTTP/1.1 200");
  EXPECT_EQ(attempt.error, ErrorKind::upstream_reset);
  EXPECT_EQ(attempt.failure.stage, Failure::Stage::answering);
}

TEST_F(ConnectionTest, HalfABodyIsATruncation) {
  answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(attempt.told, "connected 200 ab failed");
  EXPECT_EQ(attempt.error, ErrorKind::upstream_truncated);
}

TEST_F(ConnectionTest, ABodyMayEndWithTheConnection) {
  answer_and_close("HTTP/1.0 200 OK\r\n\r\nab");
  EXPECT_EQ(attempt.told, "connected 200 ab end");
}

TEST_F(ConnectionTest, WhatIsNotHttpIsAProtocolError) {
  answer_and_close("hello\r\n\r\n");
  EXPECT_EQ(attempt.error, ErrorKind::upstream_protocol);
}

TEST_F(ConnectionTest, BadFramingAfterTheHeadIsATruncation) {
  answer_and_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
  EXPECT_EQ(attempt.told, "connected 200 failed");
  EXPECT_EQ(attempt.error, ErrorKind::upstream_truncated);
}

TEST_F(ConnectionTest, InterimAnswersWithoutEndAreAProtocolError) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  answer_and_close(many);
  EXPECT_EQ(attempt.error, ErrorKind::upstream_protocol);
}

TEST_F(ConnectionTest, AnEndpointThatIsSilentIsTimedOut) {
  attempt.first_byte_timeout = 20 * kNanosPerMilli;
  begin(attempt);
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::first_byte_timeout);
}

TEST_F(ConnectionTest, TheLeaseMayBeDroppedByAnyEnd) {
  attempt.keep_lease = false;
  answer_and_close("HTTP/1.0 200 OK\r\n\r\nab");
  EXPECT_FALSE(attempt.lease);
  EXPECT_EQ(stats.in_flight.value(), 0);
}

TEST_F(ConnectionTest, AChunkedRequestIsFramedAndEndsWithItsTrailers) {
  begin(attempt);
  answer(endpoint, 0);
  ASSERT_TRUE(wait_for(attempt));
  attempt.lease.reset();
  Attempt chunked;
  Refusal refusal;
  chunked.lease = cluster().lease(chunked, http::Method::post, {}, refusal);
  const std::vector<http::Field> trailers = {{"Digest", "d"}};
  chunked.lease->send_head({{"POST", "/", {}, false}, {}, {}, {http::BodyKind::chunked, 0}});
  chunked.lease->send_body("0123456789");
  chunked.lease->send_end(trailers, kNanosPerSecond);
  const std::string expected =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\nDigest: d\r\n\r\n";
  EXPECT_TRUE(run_until([&] { return peer().received.size() >= expected.size(); }));
  EXPECT_EQ(peer().received, expected);
}

TEST_F(ConnectionTest, PausedItHoldsBackWhatHasCome) {
  begin(attempt);
  answer(endpoint, 0, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(run_until([&] { return attempt.told.ends_with("ab "); }));
  attempt.lease->pause();
  peer().send("cd");
  for (int i = 0; i < 5; ++i) turn();
  EXPECT_FALSE(attempt.over);
  attempt.lease->resume();
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.told, "connected 200 ab cd end");
}

/// Its end was noticed only with further bytes, which don't come: the next request of a slow client waited for it.
TEST_F(ConnectionTest, PausedAtItsLastBytesItEndsWhenItGoesOn) {
  attempt.pauses = true;
  begin(attempt);
  answer(endpoint, 0);
  ASSERT_TRUE(run_until([&] { return attempt.told.ends_with("ok "); }));
  EXPECT_FALSE(attempt.over);
  attempt.lease->resume();
  EXPECT_EQ(attempt.told, "connected 200 ok end");
}

TEST_F(ConnectionTest, ATunnelPassesBytesAsTheyAre) {
  begin(attempt);
  answer(endpoint, 0, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly");
  ASSERT_TRUE(run_until([&] { return attempt.told.ends_with("early "); }));
  attempt.lease->send_body("HTTP/1.1 \0");
  EXPECT_TRUE(run_until([&] { return peer().received == "HTTP/1.1 "; }));
  peer().stream->finish();
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.told, "connected switch early tunnel end");
  attempt.lease.reset();
  EXPECT_EQ(stats.connections_idle.value(), 0);
}

/// Between two pieces of an upload it is the client that is waited for.
TEST_F(ConnectionTest, AClientThatPausesInItsUploadIsNotTimedHere) {
  Refusal refusal;
  attempt.hesitates = true;
  attempt.lease = cluster().lease(attempt, http::Method::post, {}, refusal);
  ASSERT_TRUE(run_until([&] { return attempt.lease->ready(); }));
  attempt.lease->set_idle_timeout(20 * kNanosPerMilli);
  attempt.lease->send_head({{"POST", "/", {}, false}, {}, {}, {http::BodyKind::length, 10}});
  attempt.lease->send_body("first");
  const auto paused = std::chrono::steady_clock::now();
  run_until([&] { return std::chrono::steady_clock::now() - paused > std::chrono::milliseconds(100); });
  EXPECT_FALSE(attempt.over);
  attempt.lease->send_body("later");
  attempt.lease->send_end({}, 10 * kNanosPerSecond);
  ASSERT_TRUE(run_until([&] { return peer().received.ends_with("firstlater"); }));
  peer().send(kAnswer);
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::none);
}

TEST_F(ConnectionTest, AnEndpointThatTakesNoMoreOfAnUploadIsTimedOut) {
  Refusal refusal;
  attempt.hesitates = true;
  attempt.lease = cluster().lease(attempt, http::Method::post, {}, refusal);
  ASSERT_TRUE(run_until([&] { return attempt.lease->ready() && endpoint.accepted() == 1; }));
  peer().stream->pause_reading();
  attempt.lease->set_idle_timeout(50 * kNanosPerMilli);
  const std::string much(64 << 20, 'x');
  attempt.lease->send_head({{"POST", "/", {}, false}, {}, {}, {http::BodyKind::length, 2 * much.size()}});
  attempt.lease->send_body(much);
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::upstream_idle_timeout);
}

TEST_F(ConnectionTest, AnEndpointThatTakesAnUploadSlowlyIsNotTimedOut) {
  Refusal refusal;
  attempt.hesitates = true;
  attempt.lease = cluster().lease(attempt, http::Method::post, {}, refusal);
  ASSERT_TRUE(run_until([&] { return attempt.lease->ready() && endpoint.accepted() == 1; }));
  attempt.lease->set_idle_timeout(200 * kNanosPerMilli);
  const std::string much(64 << 20, 'x');
  peer().stream->pause_reading();
  attempt.lease->send_head({{"POST", "/", {}, false}, {}, {}, {http::BodyKind::length, 2 * much.size()}});
  attempt.lease->send_body(much);
  const auto begun = std::chrono::steady_clock::now();
  std::size_t wanted = 0;
  while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(800)) {
    peer().stream->resume_reading();
    wanted += 4 << 20;
    ASSERT_TRUE(run_until([&] { return attempt.over || peer().received.size() >= wanted; }));
    ASSERT_FALSE(attempt.over);
    peer().stream->pause_reading();
    const auto paused = std::chrono::steady_clock::now();
    run_until([&] { return std::chrono::steady_clock::now() - paused > std::chrono::milliseconds(80); });
  }
  EXPECT_LT(peer().received.size(), much.size());
  EXPECT_FALSE(attempt.over);
}

/// A ticker that the client only listens to.
TEST_F(ConnectionTest, ATunnelLivesAsLongAsTheEndpointSends) {
  attempt.idle_timeout = 200 * kNanosPerMilli;
  begin(attempt);
  answer(endpoint, 0, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return attempt.told.ends_with("switch "); }));
  for (int i = 0; i < 8; ++i) {
    peer().send("x");
    const auto ticked = std::chrono::steady_clock::now();
    run_until([&] { return std::chrono::steady_clock::now() - ticked > std::chrono::milliseconds(50); });
    ASSERT_FALSE(attempt.over) << i;
  }
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::upstream_idle_timeout);
}

}  // namespace
}  // namespace penstock::upstream
