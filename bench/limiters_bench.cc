// What a decision costs, alone and with two threads on one key; and what estimators make of a long tail.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "limiters/circuit_breaker.h"
#include "limiters/concurrency.h"
#include "limiters/fixed_window.h"
#include "limiters/keyed_table.h"
#include "limiters/latency_sketch.h"
#include "limiters/leaky_bucket.h"
#include "limiters/retry_budget.h"
#include "limiters/sliding_window.h"
#include "limiters/token_bucket.h"
#include "tests/unit/limiters/reservoir.h"

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Each thread's own time, moving by 1 us a decision; no clock is read.
struct Time {
  std::uint64_t now = 1000 * kSecond;
  std::uint64_t next() { return now += 1000; }
};

alignas(64) std::atomic<std::uint64_t> shared_word{0};

template <class Limiter>
void take(benchmark::State& state, const Limiter& limiter) {
  if (state.thread_index() == 0) shared_word = 0;
  Time time;
  for (auto _ : state) benchmark::DoNotOptimize(limiter.take(shared_word, time.next()));
}

void token_bucket_admits(benchmark::State& state) {
  take(state, TokenBucket({100'000'000, kSecond}, 1000));
}
void token_bucket_refuses(benchmark::State& state) {
  take(state, TokenBucket({1, kSecond}, 1));
}
void sliding_window_admits(benchmark::State& state) {
  take(state, SlidingWindow(4'000'000, kSecond));
}
void fixed_window_admits(benchmark::State& state) {
  take(state, FixedWindow(4'000'000'000, 86'400 * kSecond));
}
BENCHMARK(token_bucket_admits)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(token_bucket_refuses)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(sliding_window_admits)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(fixed_window_admits)->ThreadRange(1, 2)->UseRealTime();

void leaky_bucket_reserves(benchmark::State& state) {
  const LeakyBucket bucket({100'000'000, kSecond}, 1'000'000, kSecond);
  Time time;
  for (auto _ : state) benchmark::DoNotOptimize(bucket.reserve(shared_word, time.next()));
}
BENCHMARK(leaky_bucket_reserves)->ThreadRange(1, 2)->UseRealTime();

void keyed_token_bucket(benchmark::State& state) {
  static KeyedTable table(1'000'000);
  const TokenBucket bucket({100'000'000, kSecond}, 1000);
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  Time time;
  std::uint64_t key = 0;
  for (auto _ : state) {
    const std::uint64_t now = time.next();
    key = key + 1 == keys ? 0 : key + 1;
    const auto free = [&](std::uint64_t word) { return bucket.recovered(word, now); };
    benchmark::DoNotOptimize(bucket.take(table.find((key + 1) * 0x9e3779b97f4a7c15, free).word, now));
  }
}
BENCHMARK(keyed_token_bucket)->Arg(1)->Arg(1'000'000)->ThreadRange(1, 2)->UseRealTime();

void concurrency_guard(benchmark::State& state) {
  static Concurrency places(1000);
  for (auto _ : state) benchmark::DoNotOptimize(places.try_acquire());
}
BENCHMARK(concurrency_guard)->ThreadRange(1, 2)->UseRealTime();

void circuit_breaker_pass_and_result(benchmark::State& state) {
  static CircuitBreaker breaker{BreakerSettings{}};
  Time time;
  for (auto _ : state) breaker.try_pass(time.next(), 0).ended(false, 1'000'000, time.now);
}
BENCHMARK(circuit_breaker_pass_and_result)->ThreadRange(1, 2)->UseRealTime();

void retry_budget_counts_a_request(benchmark::State& state) {
  static RetryBudget budget{RetryBudgetSettings{}};
  Time time;
  for (auto _ : state) budget.count_request(time.next());
}
BENCHMARK(retry_budget_counts_a_request)->ThreadRange(1, 2)->UseRealTime();

std::vector<std::uint64_t> long_tailed(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(std::log(5e6), 2.0);
  std::vector<std::uint64_t> result(count);
  for (auto& ns : result) ns = static_cast<std::uint64_t>(std::clamp(distribution(random), 1e3, 6e10));
  return result;
}

void latency_recorder(benchmark::State& state) {
  static LatencyRecorder recorder;
  const auto samples = long_tailed(4096, 1);
  std::size_t i = 0;
  for (auto _ : state) recorder.record(samples[i++ % 4096]);
}
BENCHMARK(latency_recorder);

void reservoir_add(benchmark::State& state) {
  Reservoir reservoir(1);
  const auto samples = long_tailed(4096, 1);
  std::size_t i = 0;
  for (auto _ : state) reservoir.add(samples[i++ % 4096]);
}
BENCHMARK(reservoir_add);

void collect_of_sixteen_workers(benchmark::State& state) {
  std::vector<LatencyRecorder> workers(16);
  std::vector<LatencySketch> seen(16);
  for (auto _ : state) {
    LatencySketch sum;
    for (std::size_t i = 0; i < workers.size(); ++i) workers[i].collect(seen[i], sum);
    benchmark::DoNotOptimize(sum.quantile(0.99));
  }
}
BENCHMARK(collect_of_sixteen_workers);

/// Error of the P99 over 200 streams of 100,000 long-tailed latencies: the 5th and 95th percentile of the estimate /
/// truth.
template <class Estimator>
void p99_error(benchmark::State& state) {
  std::vector<double> ratios;
  for (auto _ : state) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      auto samples = long_tailed(100'000, seed);
      Estimator estimator(seed);
      for (std::uint64_t ns : samples) estimator.add(ns);
      std::nth_element(samples.begin(), samples.begin() + 98'999, samples.end());
      ratios.push_back(estimator.quantile(0.99) / static_cast<double>(samples[98'999]));
    }
  }
  std::sort(ratios.begin(), ratios.end());
  state.counters["low"] = ratios[ratios.size() / 20];
  state.counters["high"] = ratios[ratios.size() - ratios.size() / 20 - 1];
}

/// How many samples after a step from 10 ms to 100 ms, and back, until the P99 says so; an hour at 1000/s before the
/// step, a minute between. The sketch's window is a second.
template <class Estimator>
void p99_step(benchmark::State& state) {
  for (auto _ : state) {
    Estimator estimator(1);
    const auto until = [&](std::uint64_t ns, auto done) {
      std::uint64_t count = 0;
      while (!done(estimator.quantile(0.99)) && count < 10'000'000) {
        for (int i = 0; i < 100; ++i) estimator.add(ns);
        count += 100;
      }
      return static_cast<double>(count);
    };
    for (int i = 0; i < 3'600'000; ++i) estimator.add(10'000'000);
    state.counters["up_s"] = until(100'000'000, [](double p99) { return p99 > 9e7; }) / 1000;
    for (int i = 0; i < 60'000; ++i) estimator.add(100'000'000);
    state.counters["down_s"] = until(10'000'000, [](double p99) { return p99 < 1.1e7; }) / 1000;
  }
}

/// The sketch behind the reservoir's interface, with the rolling window of ten ticks of 100 samples.
class WholeSketch : public LatencySketch {
 public:
  explicit WholeSketch(std::uint64_t) {}
};
class WindowedSketch {
 public:
  explicit WindowedSketch(std::uint64_t) : ring_(10) {}
  void add(std::uint64_t ns) {
    if (added_++ % 100 == 0) {
      LatencySketch& oldest = ring_[added_ / 100 % ring_.size()];
      window_.subtract(oldest);
      oldest.clear();
    }
    ring_[(added_ - 1) / 100 % ring_.size()].add(ns);
    window_.add(ns);
  }
  double quantile(double q) const { return window_.quantile(q); }

 private:
  std::vector<LatencySketch> ring_;
  LatencySketch window_;
  std::uint64_t added_ = 0;
};

BENCHMARK(p99_error<WholeSketch>)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(p99_error<Reservoir>)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(p99_step<WindowedSketch>)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(p99_step<Reservoir>)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace penstock::limiters
