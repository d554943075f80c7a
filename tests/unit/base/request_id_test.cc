#include "gateway/base/request_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace penstock {
namespace {

class RequestIds : public ::testing::Test {
 protected:
  std::string next(std::uint64_t unix_ms) { return next(generator_, unix_ms); }

  static std::string next(RequestIdGenerator& generator, std::uint64_t unix_ms) {
    std::array<char, kRequestIdLength> out;
    generator.next(unix_ms, out);
    return {out.begin(), out.end()};
  }

  RequestIdGenerator generator_{42};
};

// The time of RFC 9562 appendix A.6: 2022-02-22 14:22:22 -05:00, there as 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
TEST_F(RequestIds, BeginWithTheTimeAsInTheStandard) {
  EXPECT_EQ(next(0x017F22E279B0).substr(0, 15), "017f22e2-79b0-7");
}

TEST_F(RequestIds, HaveTheFormOfAUuidOfVersion7) {
  for (int i = 0; i < 1000; ++i) {
    const std::string id = next(1'700'000'000'000);
    for (const std::size_t dash : {8, 13, 18, 23}) ASSERT_EQ(id[dash], '-') << id;
    ASSERT_EQ(std::ranges::count(id, '-'), 4) << id;
    ASSERT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos) << id;
    ASSERT_EQ(id[14], '7') << id;
    ASSERT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
  }
}

TEST_F(RequestIds, AMillionSortInTheOrderOfTheirMakingAndSoAreUnique) {
  std::string last;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    const std::string id = next(1'700'000'000'000 + i / 100'000);
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST_F(RequestIds, KeepTheirOrderWhenTheClockStepsBack) {
  constexpr std::uint64_t kNow = 1'700'000'000'000;
  std::string last = next(kNow);
  for (const std::uint64_t ms : {kNow - 1, kNow - 100'000'000, kNow, kNow + 1}) {
    const std::string id = next(ms);
    EXPECT_LT(last, id);
    last = id;
  }
}

TEST_F(RequestIds, StayAtTheLatestTimeSeen) {
  const std::string time = next(1'700'000'000'000).substr(0, 13);
  EXPECT_EQ(next(1'600'000'000'000).substr(0, 13), time);
  EXPECT_EQ(next(1'700'000'000'000).substr(0, 13), time);
}

TEST_F(RequestIds, OfSeveralGeneratorsDifferInTheSameMillisecond) {
  std::vector<std::string> ids;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    RequestIdGenerator generator(seed);
    for (int i = 0; i < 100; ++i) ids.push_back(next(generator, 1'700'000'000'000));
  }
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST_F(RequestIds, CanBeReplayedFromTheSeed) {
  RequestIdGenerator again(42);
  EXPECT_EQ(next(7), next(again, 7));
}

TEST(ForeignRequestIds, AreTakenOverIfHarmless) {
  for (const char* id : {"1", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "aZ09._~:/+=@-", "Root=1-5e1b4151-5ac6c58"}) {
    EXPECT_TRUE(acceptable_request_id(id)) << id;
  }
  EXPECT_TRUE(acceptable_request_id(std::string(128, 'a')));
}

TEST(ForeignRequestIds, AreRefusedOtherwise) {
  for (const char* id : {"", "a b", "a\"b", "a\nb", "a\\b", "a<b", "a;b", "a,b", "a%0d", "\xC3\xA9", "$(x)", "`x`"}) {
    EXPECT_FALSE(acceptable_request_id(id)) << id;
  }
  EXPECT_FALSE(acceptable_request_id(std::string_view("a\0b", 3)));
  EXPECT_FALSE(acceptable_request_id(std::string(129, 'a')));
}

}  // namespace
}  // namespace penstock
