#include "limiters/keyed_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "limiters/token_bucket.h"

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMilli = 1'000'000;

std::uint64_t hash_of(std::uint64_t key) {  // splitmix64's mixing
  key = (key + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
  return key ^ (key >> 31);
}

/// Ten a second for each client, with a burst of ten.
struct PerClient : testing::Test {
  KeyedTable::Place place(std::uint64_t client, std::uint64_t at) {
    return table.find(hash_of(client), [&](std::uint64_t word) { return bucket.recovered(word, at); });
  }
  bool take(std::uint64_t client) { return bucket.take(place(client, now).word, now).admitted; }
  int take_all(std::uint64_t client) {
    int admitted = 0;
    while (take(client)) ++admitted;
    return admitted;
  }
  std::size_t busy() const {
    return table.busy([&](std::uint64_t word) { return bucket.recovered(word, now); });
  }

  TokenBucket bucket{{10, kSecond}, 10};
  KeyedTable table{10'000};
  std::uint64_t now = 100 * kSecond;
};

TEST_F(PerClient, EachHasItsOwnCount) {
  EXPECT_EQ(take_all(1), 10);
  EXPECT_EQ(take_all(2), 10);
  EXPECT_EQ(take_all(1), 0);
  EXPECT_EQ(busy(), 2u);
}

TEST_F(PerClient, AKeyOfZeroIsAKeyLikeOthers) {
  const auto free = [&](std::uint64_t word) { return bucket.recovered(word, now); };
  while (bucket.take(table.find(0, free).word, now).admitted) {
  }
  EXPECT_FALSE(bucket.take(table.find(0, free).word, now).admitted);
  EXPECT_FALSE(table.find(0, free).shared);
}

TEST_F(PerClient, AMillionNewClientsInAMinuteLeaveABusyOnesCountAlone) {
  const std::size_t bytes = table.bytes();
  const std::uint64_t start = now;
  int admitted = 0;
  for (std::uint64_t stranger = 0; stranger < 1'000'000; ++stranger, now += 60'000) {
    take(1'000 + stranger);
    if (stranger % 100 == 0) admitted += take(1) ? 1 : 0;  // 167 a second
  }
  const double seconds = static_cast<double>(now - start) / 1e9;
  EXPECT_NEAR(admitted, 10 + 10 * seconds, 1);
  EXPECT_EQ(table.bytes(), bytes);
  EXPECT_LE(busy(), table.capacity());
}

TEST_F(PerClient, AFloodThatFillsTheTableDoesNotForgetABusyClientEither) {
  take_all(1);
  for (std::uint64_t stranger = 0; stranger < 200'000; ++stranger) take(1'000 + stranger);
  EXPECT_EQ(take_all(1), 0);
  EXPECT_FALSE(place(1, now).shared);
}

TEST_F(PerClient, StrangersShareALimitWhenThereIsNoRoom) {
  std::uint64_t admitted = 0;
  for (std::uint64_t stranger = 0; stranger < 200'000; ++stranger) admitted += take(stranger) ? 1u : 0u;
  EXPECT_LE(admitted, table.capacity() + table.capacity() / 7 * 10);
  EXPECT_EQ(busy(), table.capacity());
}

TEST_F(PerClient, IdleClientsMakeRoomByThemselves) {
  for (std::uint64_t stranger = 0; stranger < 200'000; ++stranger) take(stranger);
  now += 100 * kMilli;
  EXPECT_EQ(busy(), 0u);
  EXPECT_FALSE(place(999'999, now).shared);
  EXPECT_EQ(take_all(999'999), 10);
}

TEST_F(PerClient, HoldsASetFullOfClientsBeforeItSharesOne) {
  std::size_t shared = 0;
  for (std::uint64_t client = 0; client < 6'600; ++client) {
    shared += place(client, now).shared ? 1 : 0;
    take(client);
  }
  EXPECT_LE(shared, 100u);
}

TEST_F(PerClient, CountsAreExactWhileAnotherThreadFloods) {
  int admitted = take(1) ? 1 : 0;  // has its word before the flood: else it might find only the shared one
  std::atomic<bool> done{false};
  std::thread flood([&] {
    for (std::uint64_t stranger = 1'000; !done; ++stranger) take(stranger);
  });
  for (int i = 0; i < 20'000; ++i) admitted += take(1) ? 1 : 0;
  done = true;
  flood.join();
  EXPECT_EQ(admitted, 10);
}

TEST_F(PerClient, TwoThreadsOfOneClientShareItsCount) {
  for (std::uint64_t client = 0; client < 500; ++client) {
    std::atomic<int> admitted{0};
    const auto use = [&] { admitted += take_all(client); };
    std::thread other(use);
    use();
    other.join();
    ASSERT_EQ(admitted, 10) << client;
  }
}

}  // namespace
}  // namespace penstock::limiters
