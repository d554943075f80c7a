#include "gateway/proxy/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::proxy {
namespace {

/// 10.0.0.0/8 and fd00::/8 are ours; all else is the world.
class ClientAddress : public ::testing::Test {
 protected:
  ClientAddress() {
    for (const char* block : {"10.0.0.0/8", "fd00::/8"}) trusted_.add(Cidr::parse(block).value());
  }

  std::string client(std::string_view peer, const std::vector<std::string_view>& forwarded_for) const {
    return client_address(IpAddress::parse(peer).value(), forwarded_for, trusted_).text();
  }

  CidrSet trusted_;
};

TEST_F(ClientAddress, IsThePeerIfNothingWasForwarded) {
  EXPECT_EQ(client("203.0.113.9", {}), "203.0.113.9");
  EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {""}), "10.0.0.1");
}

TEST_F(ClientAddress, IsThePeerIfThePeerIsNotTrusted) {
  EXPECT_EQ(client("203.0.113.9", {"198.51.100.7"}), "203.0.113.9");
  EXPECT_EQ(client("203.0.113.9", {"10.0.0.1"}), "203.0.113.9");
}

TEST_F(ClientAddress, IsThePeerIfNobodyIsTrusted) {
  trusted_ = {};
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7"}), "10.0.0.1");
}

TEST_F(ClientAddress, IsWhomATrustedProxyHeardItFrom) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7"}), "198.51.100.7");
}

TEST_F(ClientAddress, IsFoundBehindAChainOfOurs) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7, 10.0.0.3, 10.0.0.2"}), "198.51.100.7");
}

TEST_F(ClientAddress, CannotBeMadeUpByTheClient) {
  EXPECT_EQ(client("10.0.0.1", {"192.0.2.66, 198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {"10.0.0.9, 198.51.100.7, 10.0.0.2"}), "198.51.100.7");
}

TEST_F(ClientAddress, CannotBeMadeUpInAFieldOfItsOwn) {
  EXPECT_EQ(client("10.0.0.1", {"192.0.2.66", "198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {"192.0.2.66", "198.51.100.7, 10.0.0.3", "10.0.0.2"}), "198.51.100.7");
}

TEST_F(ClientAddress, IsTheLeftmostIfAllAreOurs) {
  EXPECT_EQ(client("10.0.0.1", {"10.0.0.4, 10.0.0.3", "10.0.0.2"}), "10.0.0.4");
}

TEST_F(ClientAddress, IsTheLastGoodOneBeforeNonsense) {
  EXPECT_EQ(client("10.0.0.1", {"unknown"}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {"192.0.2.66, _hidden, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(client("10.0.0.1", {"192.0.2.66, 1.2.3, 10.0.0.2"}), "10.0.0.2");
}

TEST_F(ClientAddress, MayStandWithAPort) {
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7:567"}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db8::1]:80, 10.0.0.2:1"}), "2001:db8::1");
  EXPECT_EQ(client("10.0.0.1", {"[2001:db8::1]"}), "2001:db8::1");
  EXPECT_EQ(client("fd00::1", {"2001:db8::1"}), "2001:db8::1");
}

TEST_F(ClientAddress, MustBeAnAddressAndAtMostAPort) {
  for (const char* entry : {"198.51.100.7:", "198.51.100.7:x", "198.51.100.7:123456", "[2001:db8::1", "[2001:db8::1]x",
                            "2001:db8::1]", "[]", ":80", "198.51.100.7 198.51.100.8", "\"198.51.100.7\""}) {
    EXPECT_EQ(client("10.0.0.1", {entry}), "10.0.0.1") << entry;
  }
}

TEST_F(ClientAddress, IsReadThroughSpacesTabsAndEmptyEntries) {
  EXPECT_EQ(client("10.0.0.1", {" 198.51.100.7\t,, \t10.0.0.2 ,"}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7", "", " , "}), "198.51.100.7");
}

TEST_F(ClientAddress, IsTheSameOnADualStackSocket) {
  EXPECT_EQ(client("::ffff:10.0.0.1", {"198.51.100.7, ::ffff:10.0.0.2"}), "198.51.100.7");
}

TEST_F(ClientAddress, IsNotSearchedForWithoutEnd) {
  std::string ours = "198.51.100.7";
  for (std::size_t i = 1; i < kMaxForwardedEntries; ++i) ours += ",10.0.0.2";
  EXPECT_EQ(client("10.0.0.1", {ours}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {ours + ",10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(client("10.0.0.1", {"198.51.100.7", std::string(kMaxForwardedEntries, ',')}), "10.0.0.1");
}

}  // namespace
}  // namespace penstock::proxy
