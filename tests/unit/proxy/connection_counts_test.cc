#include "gateway/proxy/client/connection_counts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <list>
#include <thread>
#include <vector>

namespace penstock::proxy {
namespace {

using observe::ConnectionBound;

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}

class Connections : public ::testing::Test {
 protected:
  /// What stops it, if anything does; else it stays until leave().
  std::optional<ConnectionBound> come(const char* address) {
    ConnectionPlace place;
    auto bound = place.enter(counts, max, ip(address));
    if (!bound) bound = place.enter_as(ip(address), max);
    if (!bound) here.push_back(std::move(place));
    return bound;
  }
  void leave() { here.pop_front(); }

  conf::ListenerLimits max;
  ConnectionCounts counts{SipKey{1, 2}};
  std::list<ConnectionPlace> here;
};

TEST_F(Connections, AreNotCountedWhereNothingIsBounded) {
  EXPECT_EQ(come("10.0.0.1"), std::nullopt);
  EXPECT_EQ(counts.all(), 0u);
}

TEST_F(Connections, AreBoundedInAll) {
  max.connections = 2;
  EXPECT_EQ(come("10.0.0.1"), std::nullopt);
  EXPECT_EQ(come("10.0.0.2"), std::nullopt);
  EXPECT_EQ(come("10.0.0.3"), ConnectionBound::connections);
  leave();
  EXPECT_EQ(come("10.0.0.3"), std::nullopt);
}

TEST_F(Connections, AreBoundedForEachClient) {
  max.connections_per_client = 1;
  EXPECT_EQ(come("10.0.0.1"), std::nullopt);
  EXPECT_EQ(come("10.0.0.1"), ConnectionBound::connections_per_client);
  EXPECT_EQ(come("10.0.0.2"), std::nullopt);
  leave();
  EXPECT_EQ(come("10.0.0.1"), std::nullopt);
}

TEST_F(Connections, OfOnePrefixOfIpv6AreOneClients) {
  max.connections_per_client = 1;
  EXPECT_EQ(come("2001:db8::1"), std::nullopt);
  EXPECT_EQ(come("2001:db8::ffff:2"), ConnectionBound::connections_per_client);
  EXPECT_EQ(come("2001:db8:0:1::1"), std::nullopt);
}

TEST_F(Connections, ThatAreRefusedHoldNothing) {
  max.connections = 3;
  max.connections_per_client = 1;
  come("10.0.0.1");
  for (int i = 0; i < 10; ++i) come("10.0.0.1");
  EXPECT_EQ(counts.all(), 1u);
  EXPECT_EQ(come("10.0.0.2"), std::nullopt);
}

TEST_F(Connections, LeaveNoTraceOfTheirClients) {
  max.connections_per_client = 5;
  for (const char* address : {"10.0.0.1", "10.0.0.1", "10.0.0.2", "2001:db8::1"}) come(address);
  EXPECT_EQ(counts.clients(), 3u);
  here.clear();
  EXPECT_EQ(counts.clients(), 0u);
  EXPECT_EQ(counts.all(), 0u);
}

TEST_F(Connections, OfAUnixSocketAreNoOnes) {
  max.connections_per_client = 1;
  EXPECT_EQ(come("::"), std::nullopt);
  EXPECT_EQ(come("::"), std::nullopt);
  EXPECT_EQ(counts.all(), 2u);
}

TEST_F(Connections, ThatAreRefusedAreTold) {
  max.connections_per_client = 1;
  come("10.0.0.1");
  come("10.0.0.1");
  const auto refused = counts.refused();
  EXPECT_EQ(refused.by_bound[static_cast<std::size_t>(ConnectionBound::connections_per_client)], 1u);
  EXPECT_EQ(client_text(refused.last), "10.0.0.1");
}

TEST_F(Connections, OfAllThreadsAreCountedExactly) {
  max.connections_per_client = 2;
  std::atomic<int> most_of_one{0}, of_one{0}, let_in{0};
  const auto worker = [&] {
    for (int i = 0; i < 20'000; ++i) {
      ConnectionPlace place;
      if (place.enter(counts, max, ip("10.0.0.1")) || place.enter_as(ip("10.0.0.1"), max)) continue;
      const int now = ++of_one;
      for (int most = most_of_one; now > most && !most_of_one.compare_exchange_weak(most, now);) continue;
      ++let_in;
      --of_one;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(worker);
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most_of_one, 2);
  EXPECT_GT(let_in, 0);
  EXPECT_EQ(counts.all(), 0u);
  EXPECT_EQ(counts.clients(), 0u);
}

TEST(ClientText, IsTheAddressOrThePrefix) {
  EXPECT_EQ(client_text(client_key(ip("192.0.2.7"))), "192.0.2.7");
  EXPECT_EQ(client_text(client_key(ip("2001:db8:1:2:3::4"))), "2001:db8:1:2::/64");
  EXPECT_EQ(client_text(client_key(ip("::1"))), "::/64");
}

}  // namespace
}  // namespace penstock::proxy
