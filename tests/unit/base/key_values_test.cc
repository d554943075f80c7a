#include "gateway/base/key_values.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

const KeyValues kValues = {{"empty", ""}, {"bytes", std::string("\0\n\xff", 3)}, {"text", "value"}};

TEST(KeyValues, AnyBytesComeThrough) {
  EXPECT_EQ(unpacked_key_values(packed(kValues)), kValues);
  EXPECT_EQ(unpacked_key_values(packed(KeyValues{})), KeyValues{});
}

TEST(KeyValues, WhatIsCutShortIsRefused) {
  const std::string bytes = packed(KeyValues{{"key", "value"}});
  for (const std::size_t missing : {1, 5, 12}) {
    EXPECT_EQ(unpacked_key_values(bytes.substr(0, bytes.size() - missing)), std::nullopt) << missing;
  }
}

TEST(KeyValues, AnotherVersionIsRefused) {
  std::string bytes = packed(kValues);
  bytes[bytes.find('1')] = '2';
  EXPECT_EQ(unpacked_key_values(bytes), std::nullopt);
}

TEST(KeyValues, ALengthBeyondTheEndIsRefused) {
  EXPECT_EQ(unpacked(std::string(8, '\xff') + "text"), std::nullopt);
}

}  // namespace
}  // namespace penstock
