// Which connections are kept, which are used, and which are not trusted any more.
#include "tests/unit/upstream/cluster_fixture.h"

namespace penstock::upstream {
namespace {

class PoolTest : public ClusterTest {
 protected:
  Endpoint endpoint{loop};

  void SetUp() override {
    config.pool.max_idle = 8;
    cluster_applied();
  }
  void cluster_applied() { apply({endpoint.entry()}); }
  bool ended(std::size_t connection) {
    return run_until([&] { return endpoint.at(connection).ended; });
  }
};

TEST_F(PoolTest, ARequestSeesItsAnswer) {
  Attempt attempt;
  ASSERT_TRUE(begin(attempt));
  EXPECT_FALSE(attempt.lease->reused());
  answer(endpoint, 0, "HTTP/1.1 103 Early\r\n\r\n" + kAnswer);
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.told, "connected 103 200 ok end");
}

TEST_F(PoolTest, AConnectionIsUsedAgain) {
  exchange(endpoint, 0);
  Attempt attempt;
  ASSERT_TRUE(begin(attempt));
  EXPECT_TRUE(attempt.lease->reused());
  answer(endpoint, 0);
  EXPECT_TRUE(wait_for(attempt));
  EXPECT_EQ(attempt.told, "200 ok end");
  EXPECT_EQ(endpoint.accepted(), 1u);
  EXPECT_EQ(stats.connects.value(), 1u);
}

TEST_F(PoolTest, TheLastUsedOneIsUsedFirst) {
  Attempt first, second;
  begin(first);
  begin(second);
  answer(endpoint, 0);
  answer(endpoint, 1);
  ASSERT_TRUE(wait_for(first) && wait_for(second));
  second.lease.reset();
  first.lease.reset();
  for (int i = 0; i < 3; ++i) exchange(endpoint, 0);
  EXPECT_EQ(stats.connections_idle.value(), 2);
}

TEST_F(PoolTest, AFreshOneIsOpenedIfAskedFor) {
  exchange(endpoint, 0);
  Attempt attempt;
  ASSERT_TRUE(begin(attempt, true));
  EXPECT_FALSE(attempt.lease->ready() || attempt.lease->reused());
}

TEST_F(PoolTest, AtTheBoundThereAreNoMore) {
  config.pool.max_connections = 2;
  Attempt first, second, third;
  EXPECT_TRUE(begin(first) && begin(second));
  EXPECT_FALSE(begin(third));
  EXPECT_EQ(third.error, ErrorKind::pool_full);
  first.lease.reset();
  EXPECT_TRUE(begin(third));
}

TEST_F(PoolTest, NoMoreAreKeptThanMayBeIdle) {
  config.pool.max_idle = 1;
  Attempt first, second;
  begin(first);
  begin(second);
  answer(endpoint, 0);
  answer(endpoint, 1);
  ASSERT_TRUE(wait_for(first) && wait_for(second));
  first.lease.reset();
  second.lease.reset();
  EXPECT_TRUE(ended(1));
  EXPECT_FALSE(endpoint.at(0).ended);
  EXPECT_EQ(stats.connections_idle.value(), 1);
}

TEST_F(PoolTest, AConnectionEndsAfterItsShareOfRequests) {
  config.pool.requests_per_connection = 2;
  exchange(endpoint, 0);
  EXPECT_EQ(stats.connections_idle.value(), 1);
  exchange(endpoint, 0);
  EXPECT_TRUE(ended(0));
}

TEST_F(PoolTest, AnIdleOneThatTheEndpointClosesIsDropped) {
  exchange(endpoint, 0);
  endpoint.at(0).stream.reset();
  EXPECT_TRUE(becomes_idle(0));
  exchange(endpoint, 1);
}

TEST_F(PoolTest, AnIdleOneThatIsResetIsDropped) {
  exchange(endpoint, 0);
  endpoint.at(0).stream->reset_on_close();
  endpoint.at(0).stream.reset();
  EXPECT_TRUE(becomes_idle(0));
}

// CVE-2024-24795, CVE-2022-37436: they would be taken for the answer to the next request.
TEST_F(PoolTest, AnIdleOneThatSendsUnaskedIsDropped) {
  exchange(endpoint, 0);
  endpoint.at(0).send(kAnswer);
  EXPECT_TRUE(becomes_idle(0));
  EXPECT_TRUE(ended(0));
}

TEST_F(PoolTest, AnIdleOneIsClosedInTime) {
  config.pool.idle = conf::milliseconds{20};
  exchange(endpoint, 0);
  EXPECT_TRUE(becomes_idle(0));
  EXPECT_TRUE(ended(0));
}

TEST_F(PoolTest, OnlyCleanConnectionsAreKept) {
  const std::string unclean[] = {
      kAnswer + "x",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
  };
  std::size_t connection = 0;
  for (const std::string& bytes : unclean) {
    exchange(endpoint, connection, bytes);
    EXPECT_EQ(stats.connections_idle.value(), 0) << bytes;
    EXPECT_TRUE(ended(connection++)) << bytes;
  }
}

TEST_F(PoolTest, OneWithHalfAnAnswerIsNotKept) {
  Attempt attempt;
  begin(attempt);
  answer(endpoint, 0, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  ASSERT_TRUE(run_until([&] { return attempt.told.ends_with("ab "); }));
  attempt.lease.reset();
  EXPECT_TRUE(ended(0));
}

TEST_F(PoolTest, OneWhoseRequestIsNotYetSentIsNotKept) {
  Attempt attempt;
  begin(attempt);
  ASSERT_TRUE(run_until([&] { return endpoint.accepted() == 1; }));
  attempt.lease.reset();
  EXPECT_TRUE(ended(0));
  EXPECT_EQ(stats.connections_idle.value(), 0);
}

TEST_F(PoolTest, CountsGoDownAsTheyWentUp) {
  Attempt first, second;
  begin(first);
  begin(second);
  EXPECT_EQ(stats.in_flight.value(), 2);
  EXPECT_EQ(stats.connections_active.value(), 2);
  answer(endpoint, 0);
  wait_for(first);
  first.lease.reset();
  second.lease.reset();
  EXPECT_EQ(stats.in_flight.value(), 0);
  EXPECT_EQ(stats.connections_active.value(), 0);
  EXPECT_EQ(stats.connections_idle.value(), 1);
  cluster().retire();
  EXPECT_EQ(stats.connections_idle.value(), 0);
}

TEST_F(PoolTest, RetiredItKeepsNothing) {
  Attempt attempt;
  begin(attempt);
  answer(endpoint, 0);
  ASSERT_TRUE(wait_for(attempt));
  cluster().retire();
  attempt.lease.reset();
  EXPECT_TRUE(ended(0));
}

}  // namespace
}  // namespace penstock::upstream
