#include "conf/address.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

Parsed<Address> listen_on(std::string_view text) {
  return parse_address(text, AddressUse::listen);
}
Parsed<Address> connect_to(std::string_view text) {
  return parse_address(text, AddressUse::connect);
}

TEST(AddressText, EachFormIsWrittenAsItIsRead) {
  for (const char* text : {"127.0.0.1:80", "[::1]:80", "unix:/run/x.sock", "[fe80::1:2]:65535"}) {
    ASSERT_TRUE(listen_on(text)) << text;
    EXPECT_EQ(listen_on(text)->text(), text);
  }
}

TEST(AddressText, AListenerTakesAnyFreePortAndAnEndpointDoesNot) {
  EXPECT_EQ(listen_on("127.0.0.1:0")->port, 0);
  EXPECT_EQ(connect_to("127.0.0.1:0").problem(), "port must be 1 … 65535, is 0");
}

TEST(AddressText, OnlyEndpointsHaveNames) {
  EXPECT_EQ(connect_to("Orders.Internal:9001")->host, "orders.internal");
  EXPECT_EQ(connect_to("order_service-2:9001")->host, "order_service-2");
  EXPECT_EQ(listen_on("localhost:80").problem(),
            "must begin with an IP address, as in 127.0.0.1:8080 or [::1]:8080, not \"localhost\"");
}

TEST(AddressText, AListenerWithoutAHostIsToldTheWildcards) {
  for (const char* text : {":8080", "*:8080"}) {
    EXPECT_EQ(listen_on(text).problem(), "needs an IP address: 0.0.0.0 for all of IPv4, [::] for all of IPv6");
  }
}

TEST(AddressText, IPv6NeedsItsBrackets) {
  EXPECT_EQ(connect_to("::1:80").problem(), "needs brackets around an IPv6 address, as in [::1]:8080");
  EXPECT_FALSE(connect_to("[::g]:80"));
  EXPECT_FALSE(connect_to("[::1]"));
  EXPECT_FALSE(connect_to("[fe80::1%eth0]:80"));
}

TEST(AddressText, WhatIsNoAddressIsRefused) {
  for (const char* text : {"", ":", "a", "a:", ":80", "a:b", "a:65536", "a b:80", "-a:80", "a..b:80", "300.1.1.1:80",
                           "a.:80", "http://a:80", "unix:", "unix:x", "1.2.3.4:080"}) {
    EXPECT_FALSE(connect_to(text)) << text;
  }
}

TEST(AddressText, AUnixPathFitsTheSystemsStructure) {
  EXPECT_TRUE(connect_to("unix:/" + std::string(106, 'x')));
  EXPECT_FALSE(connect_to("unix:/" + std::string(107, 'x')));
}

TEST(Network, ABareAddressIsAWholePrefix) {
  EXPECT_EQ(*parse_network("10.1.2.3"), "10.1.2.3/32");
  EXPECT_EQ(*parse_network("FD00::1"), "fd00::1/128");
  EXPECT_EQ(*parse_network("10.0.0.0/8"), "10.0.0.0/8");
  EXPECT_EQ(*parse_network("::/0"), "::/0");
}

TEST(Network, BitsBeyondThePrefixAreAMistake) {
  EXPECT_EQ(parse_network("10.0.0.1/8").problem(), "\"10.0.0.1/8\" has bits set beyond its /8");
  EXPECT_FALSE(parse_network("fd00::1/64"));
}

TEST(Network, WhatIsNoNetworkIsRefused) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "localhost", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(parse_network(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::conf
