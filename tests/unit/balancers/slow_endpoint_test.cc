// One of ten endpoints is four times slower than the others; 0.8 of what all ten can do is asked of them. Its part of
// the requests, were it a tenth, would be twice what it can do.
#include <gtest/gtest.h>

#include <algorithm>
#include <queue>

#include "balancers/latency.h"
#include "balancers/least_connections.h"
#include "balancers/peak_ewma.h"
#include "balancers/round_robin.h"
#include "tests/unit/balancers/balancer_fixture.h"

namespace penstock::balancers {
namespace {

constexpr std::uint64_t kDecay = 10'000'000'000;
constexpr double kService = 10e6;  ///< ns, mean

/// Open loop in virtual time: requests come by chance (Poisson), each endpoint does one after the other, and what one
/// takes is exponential.
template <typename Fixture>
class OneSlowOfTen : public Fixture {
 protected:
  /// In mean service times.
  double p99(int requests) {
    this->endpoints(std::vector<std::uint32_t>(10, 1), this->bits());
    std::vector<double> free_at(10);
    for (int i = 0; i < requests; ++i) {
      clock_ += exponential(kService / (0.8 * 9.25));
      finish_until(clock_);
      this->now_ = static_cast<std::uint64_t>(clock_);
      const std::uint32_t index = this->begin_request();
      free_at[index] = std::max(free_at[index], clock_) + exponential(index == 0 ? 4 * kService : kService);
      under_way_.push({free_at[index], clock_, index});
    }
    const auto at = times_.begin() + static_cast<std::ptrdiff_t>(times_.size() * 99 / 100);
    std::nth_element(times_.begin(), at, times_.end());
    return *at / kService;
  }

 private:
  struct Request {
    double done;
    double came;
    std::uint32_t index;
    bool operator>(const Request& other) const { return done > other.done; }
  };
  void finish_until(double time) {
    for (; !under_way_.empty() && under_way_.top().done <= time; under_way_.pop()) {
      const Request& request = under_way_.top();
      times_.push_back(request.done - request.came);
      this->end_request(request.index);
      observe_latency(this->loads_[request.index], static_cast<std::uint64_t>(times_.back()),
                      static_cast<std::uint64_t>(request.done), kDecay);
    }
  }
  double exponential(double mean) {
    return -mean * std::log((static_cast<double>(this->bits() >> 11) + 0.5) * 0x1p-53);
  }

  double clock_ = 1e9;
  std::vector<double> times_;
  std::priority_queue<Request, std::vector<Request>, std::greater<>> under_way_;
};

using LeastConnectionsOneSlow = OneSlowOfTen<BalancerFixture<LeastConnections>>;
using PeakEwmaOneSlow = OneSlowOfTen<BalancerFixture<PeakEwma, kDecay>>;
using RoundRobinOneSlow = OneSlowOfTen<BalancerFixture<RoundRobin>>;

TEST_F(LeastConnectionsOneSlow, HardlyShows) {
  EXPECT_LE(p99(200'000), 25);
}
TEST_F(PeakEwmaOneSlow, HardlyShows) {
  EXPECT_LE(p99(200'000), 25);
}
TEST_F(RoundRobinOneSlow, RunsAway) {
  EXPECT_GE(p99(200'000), 1000);
}

}  // namespace
}  // namespace penstock::balancers
