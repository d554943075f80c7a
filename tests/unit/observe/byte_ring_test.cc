#include "gateway/observe/byte_ring.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <thread>

namespace penstock::observe {
namespace {

bool put(ByteRing& ring, const std::string& record) {
  std::byte* room = ring.reserve(record.size());
  if (!room) return false;
  std::memcpy(room, record.data(), record.size());
  ring.publish();
  return true;
}

/// The oldest record, taken out; "(empty)" if there is none.
std::string take(ByteRing& ring) {
  const auto bytes = ring.front();
  if (!bytes.data()) return "(empty)";
  std::string record(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  ring.pop();
  return record;
}

TEST(ByteRing, GivesBackRecordsInTheirOrder) {
  ByteRing ring(64);
  EXPECT_TRUE(put(ring, "first"));
  EXPECT_TRUE(put(ring, ""));
  EXPECT_TRUE(put(ring, "third"));
  EXPECT_EQ(take(ring), "first");
  EXPECT_EQ(take(ring), "");
  EXPECT_EQ(take(ring), "third");
  EXPECT_EQ(take(ring), "(empty)");
}

TEST(ByteRing, ShowsNothingBeforeItIsPublished) {
  ByteRing ring(64);
  ASSERT_NE(ring.reserve(4), nullptr);
  EXPECT_EQ(take(ring), "(empty)");
}

TEST(ByteRing, RefusesWhatFindsNoRoomUntilSomethingIsTaken) {
  ByteRing ring(64);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(put(ring, std::string(12, 'a')));  // 16 bytes each
  EXPECT_FALSE(put(ring, ""));
  EXPECT_EQ(take(ring), std::string(12, 'a'));
  EXPECT_TRUE(put(ring, std::string(12, 'b')));
}

TEST(ByteRing, TakesARecordOfHalfItsSizeWhereverItStands) {
  ByteRing ring(64);
  const std::string half(28, 'h');
  EXPECT_FALSE(put(ring, half + "h"));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(put(ring, "x"));
    ASSERT_EQ(take(ring), "x");
    ASSERT_TRUE(put(ring, half));
    ASSERT_EQ(take(ring), half);
  }
}

TEST(ByteRing, BehavesLikeAQueueWhateverTheSizes) {
  std::mt19937 random(7);
  ByteRing ring(1024);
  std::deque<std::string> model;
  int refused = 0;
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 2 == 0) {
      const std::string record(random() % 200, static_cast<char>('a' + random() % 26));
      if (put(ring, record)) {
        model.push_back(record);
      } else {
        ++refused;
      }
    } else {
      ASSERT_EQ(take(ring), model.empty() ? "(empty)" : model.front());
      if (!model.empty()) model.pop_front();
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(ByteRing, CarriesRecordsFromOneThreadToAnother) {
  constexpr int kRecords = 20'000;
  ByteRing ring(4096);
  std::thread producer([&] {
    std::mt19937 random(3);
    for (int i = 0; i < kRecords; ++i) {
      const std::string record = std::to_string(i) + std::string(random() % 100, '.');
      while (!put(ring, record)) std::this_thread::yield();
    }
  });
  std::mt19937 random(3);
  for (int i = 0; i < kRecords; ++i) {
    std::string record;
    while ((record = take(ring)) == "(empty)") std::this_thread::yield();
    ASSERT_EQ(record, std::to_string(i) + std::string(random() % 100, '.'));
  }
  producer.join();
}

}  // namespace
}  // namespace penstock::observe
