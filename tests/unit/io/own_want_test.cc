#include "gateway/io/own_want.h"

#include <gtest/gtest.h>

namespace penstock::io {
namespace {

const SocketAddress kV4 = *SocketAddress::from_ip("192.0.2.1", 80);
const SocketAddress kV6 = *SocketAddress::from_ip("2001:db8::1", 80);

TEST(OwnWant, DescriptorsAndMemoryAreOurs) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) EXPECT_TRUE(is_own_want(error, kV4)) << error;
}

TEST(OwnWant, WhatTheOtherSideDoesIsNot) {
  for (const int error : {ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EACCES})
    EXPECT_FALSE(is_own_want(error, kV4)) << error;
}

TEST(OwnWant, ThatThereIsNoPortIsOursButAMachineWithoutIpv6IsToBeRoutedAround) {
  EXPECT_TRUE(is_own_want(EADDRNOTAVAIL, kV4));
  EXPECT_FALSE(is_own_want(EADDRNOTAVAIL, kV6));
}

}  // namespace
}  // namespace penstock::io
