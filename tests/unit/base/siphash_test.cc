#include "gateway/base/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock {
namespace {

// The reference implementation's vectors (veorq/SipHash, vectors.h): key 00 01 … 0f, message 00 01 … n-1.
TEST(SipHash, AgreesWithTheReference) {
  const SipKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string message;
  const auto next = [&] { message += static_cast<char>(message.size()); };
  EXPECT_EQ(siphash(key, message), 0x726fdb47dd0e0e31u);
  next();
  EXPECT_EQ(siphash(key, message), 0x74f839c593dc67fdu);
  while (message.size() < 8) next();
  EXPECT_EQ(siphash(key, message), 0x93f5f5799a932462u);
  while (message.size() < 15) next();
  EXPECT_EQ(siphash(key, message), 0xa129ca6149be45e5u);
}

TEST(SipHash, DependsOnItsKey) {
  EXPECT_NE(siphash({1, 2}, "a"), siphash({1, 3}, "a"));
  EXPECT_NE(siphash({1, 2}, "a"), siphash({2, 2}, "a"));
}

}  // namespace
}  // namespace penstock
