#include "gateway/proxy/call/balancing_key.h"

#include <gtest/gtest.h>

#include "balancers/hash.h"

namespace penstock::proxy {
namespace {

using From = conf::RequestKey::From;

class BalancingKeyTest : public ::testing::Test {
 protected:
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();

  void field(std::string_view name, std::string_view value, http::FieldId id = http::FieldId::other) {
    head.fields.push_back({name, value, id});
  }
  void cookies(std::string_view value) { field("Cookie", value, http::FieldId::cookie); }
  std::optional<std::uint64_t> key(From from, std::string name = "") {
    return balancing_key({.policy = conf::BalancerPolicy::maglev, .key = {from, std::move(name)}}, head, client);
  }
  std::optional<std::uint64_t> source(std::string_view address) {
    return balancing_key({.policy = conf::BalancerPolicy::source_hash}, head, IpAddress::parse(address).value());
  }
};

TEST_F(BalancingKeyTest, PoliciesThatTakeNoneGetNone) {
  EXPECT_FALSE(balancing_key({.policy = conf::BalancerPolicy::random}, head, client));
}

TEST_F(BalancingKeyTest, WhatTheRequestLacksIsNoKey) {
  EXPECT_FALSE(key(From::header, "x-user"));
  EXPECT_FALSE(key(From::cookie, "user"));
  EXPECT_FALSE(key(From::query, "user"));
}

TEST_F(BalancingKeyTest, AHeaderIsFoundWhateverItsCase) {
  field("X-USER", "ann");
  EXPECT_EQ(key(From::header, "x-user"), balancers::hash_key("ann"));
}

TEST_F(BalancingKeyTest, ACookieIsFoundAmongOthers) {
  cookies("users=no; xuser=no;user=\"ann\"; user=bob");
  EXPECT_EQ(key(From::cookie, "user"), balancers::hash_key("ann"));
}

TEST_F(BalancingKeyTest, AndInALaterField) {
  cookies("a=b");
  cookies("user=ann");
  EXPECT_EQ(key(From::cookie, "user"), balancers::hash_key("ann"));
}

TEST_F(BalancingKeyTest, AQueryParameterIsFoundAmongOthers) {
  head.query = "users=1&user=ann%20b&user=2";
  EXPECT_EQ(key(From::query, "user"), balancers::hash_key("ann%20b"));
}

TEST_F(BalancingKeyTest, ThePathIsTakenWithoutItsQuery) {
  head.path = "/a";
  head.query = "q";
  EXPECT_EQ(key(From::path), balancers::hash_key("/a"));
}

TEST_F(BalancingKeyTest, AnIpv4AddressIsTakenWhole) {
  EXPECT_EQ(source("192.0.2.1"), balancers::hash_key("192.0.2.1"));
  EXPECT_NE(source("192.0.2.1"), source("192.0.2.2"));
  EXPECT_EQ(key(From::client_ip), source("192.0.2.1"));
}

TEST_F(BalancingKeyTest, AnIpv6AddressIsTakenByItsNetwork) {
  EXPECT_EQ(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
  EXPECT_NE(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace penstock::proxy
