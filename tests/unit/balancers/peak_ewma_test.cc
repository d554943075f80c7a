#include "balancers/peak_ewma.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <queue>

#include "balancers/latency.h"
#include "tests/unit/balancers/balancer_fixture.h"

namespace penstock::balancers {
namespace {

using testing::Each;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kDecay = 10'000 * kMs;

class PeakEwmaTest : public BalancerFixture<PeakEwma, kDecay> {
 protected:
  void latency(std::uint32_t index, std::uint64_t ms) { observe_latency(loads_[index], ms * kMs, now_, kDecay); }
  double part(std::uint32_t index, int picks = 100'000) { return static_cast<double>(counts(picks)[index]) / picks; }
};

/// Clients that ask, wait for the answer, and ask again; endpoint i takes service_ms_[i]. Virtual time.
class PeakEwmaClosedLoop : public PeakEwmaTest {
 protected:
  void clients(int count) {
    for (int i = 0; i < count; ++i) ask();
  }
  /// How often each endpoint was picked until then.
  std::vector<std::uint64_t> run_for(std::uint64_t ms) {
    picked_.assign(loads_.size(), 0);
    for (const std::uint64_t end = now_ + ms * kMs; answers_.top().at < end; ask()) {
      const Answer answer = answers_.top();
      answers_.pop();
      now_ = answer.at;
      end_request(answer.from);
      observe_latency(loads_[answer.from], answer.at - answer.asked, now_, kDecay);
    }
    return picked_;
  }
  double part_of(std::uint32_t index, std::uint64_t ms) {
    const auto picked = run_for(ms);
    double all = 0;
    for (const std::uint64_t count : picked) all += static_cast<double>(count);
    return static_cast<double>(picked[index]) / all;
  }

  std::vector<double> service_ms_;

 private:
  struct Answer {
    std::uint64_t at;
    std::uint64_t asked;
    std::uint32_t from;
    bool operator>(const Answer& other) const { return at > other.at; }
  };
  void ask() {
    const std::uint32_t index = begin_request();
    if (!picked_.empty()) ++picked_[index];
    // A tenth more or less, so that clients do not walk in step.
    const double ms = service_ms_[index] * (0.9 + 0.2 * below(1000) / 1000);
    answers_.push({now_ + static_cast<std::uint64_t>(ms * kMs), now_, index});
  }
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  std::vector<std::uint64_t> picked_;
};

TEST_F(PeakEwmaTest, OfTwoItPicksTheQuickerOne) {
  endpoints({1, 1});
  latency(0, 100), latency(1, 5);
  // All but half of the one pick in 64 that looks at one only: drawn without replacement.
  EXPECT_NEAR(part(0), 1 / 128.0, 0.002);
}

TEST_F(PeakEwmaTest, RequestsUnderWayCountAsMuchAsLatency) {
  endpoints({1, 1});
  latency(0, 10), latency(1, 30);
  in_flight(0, 3);  // 10 · 4 against 30
  EXPECT_GT(part(1), 0.98);
  in_flight(0, 1);  // 10 · 2
  EXPECT_LT(part(1), 0.02);
}

TEST_F(PeakEwmaTest, WeightAndShareCountAsMuchAsLatency) {
  endpoints({4, 1});
  latency(0, 30), latency(1, 10);
  EXPECT_GT(part(0), 0.98);
  share(0, 0.5);  // 30 / 2 against 10
  EXPECT_LT(part(0), 0.02);
}

TEST_F(PeakEwmaTest, TheLatencyOfTheOneSeenLongerAgoHasFadedMore) {
  endpoints({1, 1});
  latency(0, 20);
  now_ += kDecay;
  latency(1, 10);
  EXPECT_GT(part(0), 0.98);
}

TEST_F(PeakEwmaTest, ANewcomerIsJudgedByItsRequestsAlone) {
  endpoints({1, 1});
  latency(0, 1);
  in_flight(1, 1);
  EXPECT_LT(part(1), 0.02);
  in_flight(0, 2);
  EXPECT_GT(part(1), 0.98);
}

TEST_F(PeakEwmaTest, EqualsArePickedAlike) {
  endpoints(std::vector<std::uint32_t>(10, 1));
  EXPECT_LT(chi_square_sigmas(counts(200'000), std::vector<std::uint32_t>(10, 1)), 5);
}

TEST_F(PeakEwmaTest, AThousandRequestsAmongAThousandEndpointsHardlyPileUp) {
  double fullest = 0;
  for (int run = 0; run < 10; ++run) {
    endpoints(std::vector<std::uint32_t>(1000, 1));
    for (int i = 0; i < 1000; ++i) begin_request();
    fullest += std::max_element(loads_.begin(), loads_.end(),
                                [](const Load& a, const Load& b) { return a.in_flight < b.in_flight; })
                   ->in_flight /
               10.0;
  }
  EXPECT_NEAR(fullest, 3, 0.45);
}

TEST_F(PeakEwmaTest, NeverPicksWhatIsNotUsable) {
  endpoints({1, 1, 1, 1});
  usable(0, false), usable(2, false), usable(0, true);
  EXPECT_LT(chi_square_sigmas(counts(100'000), {1, 1, 0, 1}), 5);
}

TEST_F(PeakEwmaTest, NeverPicksWhatWasTried) {
  endpoints({1, 1, 1});
  latency(0, 1), latency(1, 1), latency(2, 100);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(pick({0, 1}), 2u);
  EXPECT_FALSE(try_pick({0, 1, 2}));
}

TEST_F(PeakEwmaTest, StillChoosesBetweenTwoWhenOneWasTried) {
  endpoints({1, 1, 1});
  latency(0, 1), latency(1, 5), latency(2, 100);
  int slow = 0;
  for (int i = 0; i < 10'000; ++i) slow += pick({0}) == 2;
  EXPECT_NEAR(slow, 10'000 / 128.0, 40);
}

TEST_F(PeakEwmaTest, HasNoAnswerWhenNothingIsUsable) {
  endpoints({1});
  EXPECT_THAT(picks(100), Each(0));
  usable(0, false);
  EXPECT_FALSE(try_pick());
}

TEST_F(PeakEwmaClosedLoop, AnEndpointThatTurnsSlowLosesItsShareAtOnceAndGetsItBackAfterItRecovers) {
  endpoints(std::vector<std::uint32_t>(10, 1));
  service_ms_.assign(10, 5);
  clients(20);
  run_for(2000);
  EXPECT_NEAR(part_of(0, 10'000), 0.1, 0.01);

  service_ms_[0] = 100;
  run_for(100);  // until the first slow answer is there
  EXPECT_LE(part_of(0, 10'000), 0.02);

  service_ms_[0] = 5;
  run_for(5 * kDecay / kMs);
  EXPECT_GE(part_of(0, 10'000), 0.08);
}

}  // namespace
}  // namespace penstock::balancers
