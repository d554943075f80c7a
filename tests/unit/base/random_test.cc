#include "gateway/base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace penstock {
namespace {

// The state 1, 2, 3, 4 and what the authors' C program (https://prng.di.unimi.it/xoshiro256starstar.c) makes of it; the
// same figures stand in the tests of Rust's rand_xoshiro.
TEST(Random, IsXoshiro256StarStar) {
  Random random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
  for (const std::uint64_t expected :
       {std::uint64_t{11520}, std::uint64_t{0}, std::uint64_t{1509978240}, std::uint64_t{1215971899390074240},
        std::uint64_t{1216172134540287360}, std::uint64_t{607988272756665600}}) {
    EXPECT_EQ(random.next(), expected);
  }
}

// The first four words of splitmix64 from 1234567, as published with it, make the state.
TEST(Random, IsSeededBySplitmix64) {
  Random seeded(1234567);
  Random from_state(std::array<std::uint64_t, 4>{6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                                 4593380528125082431u});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(seeded.next(), from_state.next());
}

TEST(Random, StaysBelow) {
  Random random(1);
  for (std::uint64_t n : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{10'000}, ~std::uint64_t{0}}) {
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(n), n);
  }
}

// 2^64 numbers into 3/4 as many: without a second draw, four of them would make three, and each third result would come
// twice as often as the others.
TEST(Random, FavoursNoResult) {
  Random random(2);
  std::array<int, 3> counts{};
  for (int i = 0; i < 30'000; ++i) ++counts[random.below(std::uint64_t{3} << 62) % 3];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

}  // namespace
}  // namespace penstock
