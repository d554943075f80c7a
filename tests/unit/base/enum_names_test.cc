#include "gateway/base/enum_names.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

enum class Fruit { apple, pear, plum };
constexpr EnumNames<Fruit, 3> kFruits("apple", "pear", "plum");

TEST(EnumNames, AreFoundBothWays) {
  for (const Fruit fruit : {Fruit::apple, Fruit::pear, Fruit::plum}) EXPECT_EQ(kFruits.find(kFruits[fruit]), fruit);
  EXPECT_EQ(kFruits[Fruit::pear], "pear");
}

TEST(EnumNames, WhatIsNoNameIsOfNoValue) {
  for (const char* other : {"", "Pear", "pea", "pears"}) EXPECT_EQ(kFruits.find(other), std::nullopt) << other;
}

}  // namespace
}  // namespace penstock
