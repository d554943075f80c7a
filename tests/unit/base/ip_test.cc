#include "gateway/base/ip.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}
Cidr cidr(std::string_view text) {
  return Cidr::parse(text).value();
}

TEST(IpAddress, IsWrittenAsItWasRead) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::ff00:42:8329"}) {
    EXPECT_EQ(ip(text).text(), text);
  }
}

TEST(IpAddress, IsWrittenInItsShortForm) {
  EXPECT_EQ(ip("2001:0DB8:0:0:0:0:0:1").text(), "2001:db8::1");
  EXPECT_EQ(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").text(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "[::1]", "::1%lo",
                           "1.2.3.4:80", ":::", "g::", "localhost"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0x", 5)));
  EXPECT_FALSE(IpAddress::parse(std::string(1000, '1')));
}

TEST(IpAddress, IPv4IsTheSameHoweverItCameIn) {
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
  EXPECT_EQ(ip("::ffff:192.0.2.1").text(), "192.0.2.1");
  EXPECT_TRUE(ip("::ffff:c000:201").is_v4());
  EXPECT_FALSE(ip("::192.0.2.1").is_v4());
  EXPECT_FALSE(IpAddress().is_v4());
}

TEST(IpAddress, IsMadeFromNetworkBytes) {
  const std::array<std::uint8_t, 4> v4 = {192, 0, 2, 1};
  EXPECT_EQ(IpAddress::from_v4(v4), ip("192.0.2.1"));
  EXPECT_EQ(IpAddress::from_v6(ip("2001:db8::7").bytes()), ip("2001:db8::7"));
}

TEST(Cidr, HoldsItsAddressesAndNoOthers) {
  const Cidr block = cidr("10.0.0.0/8");
  for (const char* in : {"10.0.0.0", "10.255.255.255"}) EXPECT_TRUE(block.contains(ip(in))) << in;
  for (const char* out : {"9.255.255.255", "11.0.0.0", "::", "::10.0.0.1"})
    EXPECT_FALSE(block.contains(ip(out))) << out;
}

TEST(Cidr, MayEndWithinAByte) {
  const Cidr v4 = cidr("172.16.0.0/12");
  EXPECT_TRUE(v4.contains(ip("172.31.255.255")));
  EXPECT_FALSE(v4.contains(ip("172.32.0.0")));
  const Cidr v6 = cidr("2001:db8::/33");
  EXPECT_TRUE(v6.contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(v6.contains(ip("2001:db8:8000::1")));
}

TEST(Cidr, ABareAddressIsABlockOfOne) {
  EXPECT_TRUE(cidr("::1").contains(ip("::1")));
  EXPECT_FALSE(cidr("::1").contains(ip("::2")));
  EXPECT_TRUE(cidr("192.0.2.1").contains(ip("192.0.2.1")));
  EXPECT_FALSE(cidr("192.0.2.1").contains(ip("192.0.2.0")));
}

TEST(Cidr, BitsAfterThePrefixMeanNothing) {
  EXPECT_TRUE(cidr("10.1.2.3/8").contains(ip("10.9.9.9")));
}

TEST(Cidr, EverythingOfOneFamilyIsNothingOfTheOther) {
  EXPECT_TRUE(cidr("0.0.0.0/0").contains(ip("203.0.113.9")));
  EXPECT_FALSE(cidr("0.0.0.0/0").contains(ip("2001:db8::1")));
  EXPECT_TRUE(cidr("::/0").contains(ip("2001:db8::1")));
  EXPECT_FALSE(cidr("::/0").contains(ip("203.0.113.9")));
}

TEST(Cidr, RefusesWhatIsNone) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/-1",
                           "10.0.0.0/8 ", "10.0.0.0/8/8", "10/8", "10.0.0.0/99999999999"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

TEST(CidrSet, HoldsWhatAnyOfItsBlocksHolds) {
  CidrSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.contains(ip("10.0.0.1")));
  set.add(cidr("10.0.0.0/8"));
  set.add(cidr("fd00::/8"));
  for (const char* in : {"10.0.0.1", "fd12::1"}) EXPECT_TRUE(set.contains(ip(in))) << in;
  EXPECT_FALSE(set.contains(ip("192.0.2.1")));
}

}  // namespace
}  // namespace penstock
