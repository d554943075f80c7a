#include "gateway/base/alive.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace penstock {
namespace {

struct Owner {
  int calls = 0;
  std::string told;
  Alive alive;
};

TEST(Alive, ATokenOutlivesTheObjectAndSaysSo) {
  auto owner = std::make_unique<Owner>();
  const Alive::Token token = owner->alive.token();
  const Alive::Token copy = token;
  EXPECT_TRUE(token && copy);
  owner.reset();
  EXPECT_FALSE(token || copy);
}

TEST(Alive, WhatIsGuardedIsCalledWhileTheObjectIsThere) {
  Owner owner;
  const std::function<void(std::string)> call = owner.alive.guard([&](std::string told) { owner.told = told; });
  call("this");
  call("that");
  EXPECT_EQ(owner.told, "that");
}

TEST(Alive, WhatIsGuardedDoesNothingAfterwards) {
  int calls = 0;
  auto owner = std::make_unique<Owner>();
  const std::function<void()> call = owner->alive.guard([&] { ++calls; });
  owner.reset();
  call();
  EXPECT_EQ(calls, 0);
}

TEST(Alive, ACallMayDestroyTheObject) {
  auto owner = std::make_unique<Owner>();
  const std::function<void()> call = owner->alive.guard([&] {
    ASSERT_NE(owner, nullptr);
    owner.reset();
  });
  call();
  call();
  EXPECT_EQ(owner, nullptr);
}

TEST(Alive, AnotherObjectsLifeIsItsOwn) {
  Owner stays;
  const Alive::Token of_the_other = Owner().alive.token();
  EXPECT_TRUE(stays.alive.token());
  EXPECT_FALSE(of_the_other);
}

}  // namespace
}  // namespace penstock
