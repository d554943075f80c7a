// What DNS answers come to, and how long they hold.
#include "discovery/dns/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/base/random.h"

namespace penstock::discovery {
namespace {

using io::DnsAnswer;
using io::DnsRecord;
using io::DnsType;
using std::chrono::milliseconds;
using testing::ElementsAre;

DnsRecord address(const std::string& literal, std::uint32_t ttl = 60, const std::string& name = "h") {
  const DnsType type = literal.find(':') == std::string::npos ? DnsType::a : DnsType::aaaa;
  return {.name = name, .type = type, .ttl = ttl, .address = literal, .target = ""};
}

DnsRecord srv(const std::string& target, int port, int priority = 0, int weight = 1) {
  const auto u16 = [](int value) { return static_cast<std::uint16_t>(value); };
  return {"s", DnsType::srv, 60, "", target, u16(priority), u16(weight), u16(port)};
}

DnsAnswer found(std::vector<DnsRecord> records) {
  return {DnsAnswer::Outcome::found, "", std::move(records)};
}
DnsAnswer none(std::optional<std::uint32_t> ttl = std::nullopt) {
  DnsAnswer answer{DnsAnswer::Outcome::no_name};
  answer.negative_ttl = ttl;
  return answer;
}
const DnsAnswer kFailed{DnsAnswer::Outcome::failed, "timeout"};

TEST(MergeFamilies, AddressesAreSortedAndOnce) {
  const auto merged = merge_families(found({address("10.0.0.2"), address("10.0.0.1", 5), address("10.0.0.2")}),
                                     found({address("::1")}), {});
  EXPECT_EQ(merged.error, "");
  EXPECT_THAT(merged.host.v4, ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(merged.host.v6, ElementsAre("::1"));
  EXPECT_EQ(merged.ttl, 5u);
}

TEST(MergeFamilies, AFamilyWithoutAddressesDoesNotShortenTheTtl) {
  EXPECT_EQ(merge_families(found({address("10.0.0.1", 60)}), none(1), {}).ttl, 60u);
}

TEST(MergeFamilies, WhereNothingIsTheAuthorityBoundsTheWait) {
  EXPECT_EQ(merge_families(none(7), none(9), {}).ttl, 7u);
  EXPECT_EQ(merge_families(none(86'400), none(86'400), {}).ttl, 15u);
  EXPECT_EQ(merge_families(none(), none(), {}).ttl, 5u);
}

TEST(MergeFamilies, AFailedFamilyIsMissedOnlyIfItHadAddresses) {
  const DnsAnswer a = found({address("10.0.0.1")});
  EXPECT_EQ(merge_families(a, kFailed, {}).error, "");
  EXPECT_EQ(merge_families(a, kFailed, {{}, {"::1"}}).error, "AAAA: timeout");
  EXPECT_EQ(merge_families(kFailed, found({address("::1")}), {}).error, "");
  EXPECT_EQ(merge_families(kFailed, found({address("::1")}), {{"10.0.0.1"}, {}}).error, "A: timeout");
}

TEST(MergeFamilies, NothingIsKnownIfOneFailedAndTheOtherIsEmpty) {
  EXPECT_EQ(merge_families(kFailed, none(), {}).error, "A: timeout");
  EXPECT_EQ(merge_families(none(), kFailed, {}).error, "AAAA: timeout");
  EXPECT_EQ(merge_families(kFailed, kFailed, {}).error, "A: timeout");
}

const DnsHosts kHosts = {{"a", {{"10.0.0.1"}, {}}}, {"b", {{"10.0.0.2"}, {"::2"}}}};

TEST(SrvInstances, OrderIsNoDifference) {
  const auto one = instances_of({srv("a", 1), srv("b", 2), srv("b", 1)}, kHosts);
  EXPECT_EQ(one, instances_of({srv("b", 1), srv("b", 2), srv("a", 1)}, kHosts));
  EXPECT_EQ(one.size(), 5u);
}

TEST(SrvInstances, PrioritiesAreMadeDense) {
  const auto list = instances_of({srv("a", 1, 65'535), srv("a", 2, 10), srv("a", 3, 700)}, kHosts);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].priority, 2u);
  EXPECT_EQ(list[1].priority, 0u);
  EXPECT_EQ(list[2].priority, 1u);
}

TEST(SrvInstances, MorePrioritiesThanThereAreShareTheLast) {
  std::vector<DnsRecord> records;
  for (int i = 0; i < 200; ++i) records.push_back(srv("a", 1 + i, i));
  const auto list = instances_of(records, kHosts);
  EXPECT_EQ(list[199].priority, 127u);
  EXPECT_EQ(list[127].priority, 127u);
  EXPECT_EQ(list[126].priority, 126u);
}

TEST(SrvInstances, WeightZeroIsTheLeast) {
  EXPECT_EQ(instances_of({srv("a", 1, 0, 0)}, kHosts).at(0).weight, 1u);
  EXPECT_EQ(instances_of({srv("a", 1, 0, 65'535)}, kHosts).at(0).weight, 65'535u);
}

TEST(SrvInstances, WhatIsNoTargetIsLeftOut) {
  EXPECT_TRUE(instances_of({srv("", 1), srv("unknown", 1), srv("a", 0)}, kHosts).empty());
  EXPECT_THAT(targets_of({srv("b", 1), srv("", 1), srv("a", 1), srv("a", 2)}), ElementsAre("a", "b"));
}

TEST(SrvInstances, AnAddressStandsOnceAsTheOneThatIsUsedFirst) {
  const auto list = instances_of({srv("a", 1, 2, 9), srv("a", 1, 1, 1), srv("a", 1, 1, 5)}, kHosts);
  EXPECT_THAT(list, ElementsAre(Instance{"10.0.0.1", 1, 5, "", 0, {}}));
}

TEST(SrvInstances, AreBounded) {
  DnsHost big;
  for (int i = 0; i < 4'000; ++i) big.v4.push_back(std::to_string(i));
  std::vector<DnsRecord> records;
  for (int i = 0; i < 100; ++i) records.push_back(srv("big", 1 + i));
  EXPECT_EQ(instances_of(records, {{"big", big}}).size(), kMostInstances + 1);
}

TEST(HostsAmong, EveryAddressGoesToItsName) {
  const auto hosts = hosts_among({address("10.0.0.2", 1, "x"), address("10.0.0.1", 1, "x"), address("::1", 1, "y")});
  EXPECT_THAT(hosts.at("x").v4, ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(hosts.at("y").v6, ElementsAre("::1"));
}

TEST(RefreshAfter, IsALittleBeforeTheTtlRunsOut) {
  Random random(1);
  Nanos least = ~Nanos{0}, most = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Nanos wait = refresh_after(100, {}, random.next());
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, 80 * kNanosPerSecond);
  EXPECT_LE(most, 95 * kNanosPerSecond);
  EXPECT_LT(least, 81 * kNanosPerSecond);
  EXPECT_GT(most, 94 * kNanosPerSecond);
}

TEST(RefreshAfter, KeepsToTheBounds) {
  const conf::Dns bounds{.servers = {}, .min_ttl = milliseconds(1'000), .max_ttl = milliseconds(300'000)};
  EXPECT_EQ(refresh_after(0, bounds, 0), 800 * kNanosPerMilli);
  EXPECT_EQ(refresh_after(0x7fffffff, bounds, 0), 240 * kNanosPerSecond);
  EXPECT_EQ(refresh_after(~std::uint32_t{0}, bounds, 0), 240 * kNanosPerSecond);
}

}  // namespace
}  // namespace penstock::discovery
