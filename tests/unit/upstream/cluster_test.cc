// What becomes of connections when the endpoints change.
#include "gateway/upstream/cluster.h"

#include "tests/unit/upstream/cluster_fixture.h"

namespace penstock::upstream {
namespace {

class EndpointsTest : public ClusterTest {
 protected:
  Endpoint a{loop};
  Endpoint b{loop};

  void apply_to(std::initializer_list<const Endpoint*> endpoints) {
    std::vector<discovery::Endpoint> entries;
    for (const Endpoint* endpoint : endpoints) entries.push_back(endpoint->entry());
    apply(std::move(entries));
  }
};

TEST_F(EndpointsTest, WithoutASnapshotThereIsNoEndpoint) {
  Attempt attempt;
  EXPECT_FALSE(begin(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::no_endpoint);
  EXPECT_FALSE(cluster().has_untried({}));
  apply({});
  EXPECT_FALSE(begin(attempt));
}

TEST_F(EndpointsTest, EachGetsItsTurn) {
  apply_to({&a, &b});
  Attempt attempts[4];
  for (Attempt& attempt : attempts) begin(attempt);
  EXPECT_TRUE(run_until([&] { return a.accepted() == 2 && b.accepted() == 2; }));
}

TEST_F(EndpointsTest, OnesThatWereTriedAreNotPickedAgain) {
  apply_to({&a, &b});
  const std::uint32_t first[] = {0};
  const std::uint32_t both[] = {0, 1};
  for (int i = 0; i < 3; ++i) {
    Attempt attempt;
    ASSERT_TRUE(begin(attempt, false, first));
    EXPECT_EQ(attempt.lease.endpoint().address_text(), b.entry().id);
  }
  EXPECT_TRUE(cluster().has_untried(first));
  EXPECT_FALSE(cluster().has_untried(both));
}

TEST_F(EndpointsTest, OneThatStaysKeepsItsConnectionsWhereverItStands) {
  apply_to({&a});
  exchange(a, 0);
  apply_to({&b, &a});
  EXPECT_EQ(stats.connections_idle.value(), 1);
  const std::uint32_t b_tried[] = {0};
  Attempt attempt;
  ASSERT_TRUE(begin(attempt, false, b_tried));
  EXPECT_TRUE(attempt.lease->reused());
  EXPECT_EQ(a.accepted(), 1u);
}

TEST_F(EndpointsTest, OneThatLeavesClosesItsIdleConnections) {
  apply_to({&a, &b});
  exchange(a, 0);
  apply_to({&b});
  EXPECT_EQ(stats.connections_idle.value(), 0);
  EXPECT_TRUE(run_until([&] { return a.at(0).ended; }));
}

TEST_F(EndpointsTest, OneThatLeavesEndsWithItsLastRequest) {
  apply_to({&a});
  Attempt first, last;
  begin(first);
  begin(last);
  apply_to({&b});
  answer(a, 0);
  answer(a, 1);
  ASSERT_TRUE(wait_for(first) && wait_for(last));
  EXPECT_EQ(first.told + last.told, "connected 200 ok endconnected 200 ok end");
  first.lease.reset();
  EXPECT_EQ(last.lease.endpoint().address_text(), a.entry().id);
  last.lease.reset();
  EXPECT_TRUE(run_until([&] { return a.at(0).ended && a.at(1).ended; }));
  exchange(b, 0);
}

TEST_F(EndpointsTest, OneThatComesBackWhileItIsLeavingStartsAnew) {
  apply_to({&a});
  Attempt old;
  begin(old);
  apply_to({&b});
  apply_to({&a});
  answer(a, 0);
  ASSERT_TRUE(wait_for(old));
  old.lease.reset();
  EXPECT_EQ(stats.connections_idle.value(), 0);
  exchange(a, 1);
}

TEST_F(EndpointsTest, WhatIsCountedOfOneStaysWithItsRecord) {
  apply_to({&a, &b});
  Attempt attempt;
  begin(attempt);
  health::EndpointStats& counted = records[attempt.lease.endpoint().record()->id()]->worker(0);
  EXPECT_EQ(counted.in_flight.value(), 1);
  EXPECT_EQ(counted.requests.value(), 1u);
  apply_to({});
  EXPECT_EQ(counted.in_flight.value(), 1);
  attempt.lease.reset();
  EXPECT_EQ(counted.in_flight.value(), 0);
  EXPECT_EQ(counted.requests.value(), 1u);
}

TEST_F(EndpointsTest, ALeaseMovesAndIsGivenBackOnce) {
  apply_to({&a});
  Attempt attempt;
  begin(attempt);
  Lease moved = std::move(attempt.lease);
  EXPECT_FALSE(attempt.lease);
  attempt.lease = std::move(moved);
  EXPECT_EQ(stats.in_flight.value(), 1);
  attempt.lease.reset();
  attempt.lease.reset();
  EXPECT_EQ(stats.in_flight.value(), 0);
}

}  // namespace
}  // namespace penstock::upstream
