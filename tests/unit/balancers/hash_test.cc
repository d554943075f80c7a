#include "balancers/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace penstock::balancers {
namespace {

std::uint32_t bit_by_bit(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string text_of(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(mix(i + length));
  return text;
}

TEST(Hash, Crc32IsTheOneOfZlibAndNginx) {
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
}

TEST(Hash, Crc32OfAnyLengthAgreesWithTheDefinition) {
  for (std::size_t length = 0; length < 70; ++length) EXPECT_EQ(crc32(text_of(length)), bit_by_bit(text_of(length)));
}

TEST(Hash, Crc32GoesOnWhereAnotherEnded) {
  const std::string text = text_of(40);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32(std::string_view(text).substr(cut), crc32(std::string_view(text).substr(0, cut))), crc32(text));
  }
}

// Gateways of different versions and machines must agree.
TEST(Hash, PlacesOfTextsNeverChange) {
  EXPECT_EQ(hash_text("10.0.0.1:8080"), 0x617fb5c94294a1fdu);
  EXPECT_EQ(hash_text("10.0.0.1:8080", 1), 0x3e75d4f5491e1c2au);
}

TEST(Hash, OneBitOfATextMovesHalfTheBitsOfItsHash) {
  double flipped = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    std::string text = text_of(13);
    const std::uint64_t before = hash_text(text, i);
    char& byte = text[i % text.size()];
    byte = static_cast<char>(byte ^ (1 << i % 8));
    flipped += std::popcount(before ^ hash_text(text, i));
  }
  EXPECT_NEAR(flipped / 1000, 32, 1);
}

TEST(Hash, AKeyIsItsCrc32AndAnIndependentHash) {
  EXPECT_EQ(hash_key("user-1") & 0xffffffff, crc32("user-1"));
  EXPECT_EQ(hash_key("user-1") >> 32, hash_text("user-1") >> 32);
}

}  // namespace
}  // namespace penstock::balancers
