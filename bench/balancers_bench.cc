// What a pick costs by policy and number of endpoints, what it costs to keep counts up to date, and to make a balancer.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancers/hash.h"
#include "balancers/make_balancer.h"

namespace penstock::balancers {
namespace {

std::vector<Member> members(std::int64_t count, std::uint32_t most_weight) {
  std::vector<Member> members;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto weight = static_cast<std::uint32_t>(1 + mix(static_cast<std::uint64_t>(i)) % most_weight);
    members.push_back({"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":8080", weight});
  }
  return members;
}

std::vector<std::uint64_t> drawn_beforehand() {
  std::vector<std::uint64_t> bits(8192);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = mix(i);
  return bits;
}

/// An upstream as a worker has it: a balancer, and loads that differ.
struct Upstream {
  Upstream(const Spec& spec, std::int64_t count, std::uint32_t most_weight = 10)
      : loads(static_cast<std::size_t>(count)), balancer(make_balancer(spec, members(count, most_weight))) {
    for (Load& load : loads) {
      load.in_flight = static_cast<std::uint32_t>(random() % 8);
      load.latency_ns = static_cast<float>(1'000'000 + random() % 9'000'000);
      load.latency_at = now - random() % 1'000'000'000;
    }
    balancer->start(loads, nullptr, {}, random());
  }

  std::uint64_t random() { return bits[++drawn % bits.size()]; }
  std::uint32_t pick() {
    now += 20'000;
    const std::uint32_t index = *balancer->pick(loads, {.key = random(), .random = random(), .now = now});
    loads[index].latency_at = now;  // as if it had just answered
    return index;
  }
  void change(std::uint32_t index, std::uint32_t by) {
    loads[index].in_flight += by;
    balancer->in_flight_changed(loads, index);
  }
  void begin_request() {
    const std::uint32_t index = pick();
    change(index, 1);
    std::uint32_t& place = under_way[next++ % under_way.size()];
    if (place != kNoMember) change(place, ~std::uint32_t{0});
    place = index;
  }

  std::vector<std::uint64_t> bits = drawn_beforehand();
  std::size_t drawn = 0;
  std::uint64_t now = 100'000'000'000;
  std::vector<Load> loads;
  std::unique_ptr<Balancer> balancer;
  std::vector<std::uint32_t> under_way = std::vector<std::uint32_t>(256, kNoMember);  ///< a request ends 256 later
  std::size_t next = 0;
};

void pick(benchmark::State& state, Spec spec) {
  Upstream upstream(spec, state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(upstream.pick());
}

/// With 1 of 10 usable.
void pick_few_usable(benchmark::State& state, Spec spec) {
  Upstream upstream(spec, state.range(0));
  for (std::uint32_t i = 0; i < upstream.loads.size(); ++i) {
    upstream.loads[i].usable = i % 10 == 3;
    upstream.balancer->fitness_changed(upstream.loads, i);
  }
  for (auto _ : state) benchmark::DoNotOptimize(upstream.pick());
}

/// A pick, and the counts of one request that begins and one that ends.
void request(benchmark::State& state, Spec spec) {
  Upstream upstream(spec, state.range(0));
  for (auto _ : state) upstream.begin_request();
}

/// The counts alone, anywhere.
void in_flight_changed(benchmark::State& state, Spec spec) {
  Upstream upstream(spec, state.range(0));
  const auto n = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    const std::uint64_t bits = upstream.random();
    const auto index = static_cast<std::uint32_t>((bits >> 32) % n);
    upstream.change(index, upstream.loads[index].in_flight > 0 && bits % 2 == 0 ? ~std::uint32_t{0} : 1);
  }
}

/// How many different weights there are.
void pick_weights(benchmark::State& state, Spec spec) {
  Upstream upstream(spec, 10'000, static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(upstream.pick());
}

void make(benchmark::State& state, Spec spec) {
  const auto all = members(state.range(0), 10);
  for (auto _ : state) benchmark::DoNotOptimize(make_balancer(spec, all));
}

/// What a worker does when a snapshot comes.
void start(benchmark::State& state, Spec spec) {
  Upstream before(spec, state.range(0));
  std::vector<std::uint32_t> from;
  for (std::uint32_t i = 0; i < before.loads.size(); ++i) {
    before.begin_request();
    from.push_back(i);
  }
  for (auto _ : state) {
    auto next = before.balancer->clone();
    next->start(before.loads, before.balancer.get(), from, 0);
    benchmark::DoNotOptimize(next.get());
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10)->Arg(10'000);
}
void large(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10'000)->Unit(benchmark::kMillisecond);
}
void weights(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t most : {1, 4, 10, 20, 100, 1000, 65'535}) benchmark->Arg(most);
}

BENCHMARK_CAPTURE(pick, round_robin, {.policy = Policy::round_robin})->Apply(sizes);
BENCHMARK_CAPTURE(pick, smooth, {.policy = Policy::smooth_weighted_round_robin})->Apply(sizes);
BENCHMARK_CAPTURE(pick, random, {.policy = Policy::random})->Apply(sizes);
BENCHMARK_CAPTURE(pick, weighted_random, {.policy = Policy::weighted_random})->Apply(sizes);
BENCHMARK_CAPTURE(pick, least_connections, {.policy = Policy::least_connections})->Apply(sizes);
BENCHMARK_CAPTURE(pick, peak_ewma, {.policy = Policy::peak_ewma})->Apply(sizes);
BENCHMARK_CAPTURE(pick, consistent_hash, {.policy = Policy::consistent_hash})->Apply(sizes);
BENCHMARK_CAPTURE(pick, bounded_hash, {.policy = Policy::consistent_hash, .bounded_load = 1.25})->Apply(sizes);
BENCHMARK_CAPTURE(pick, maglev, {.policy = Policy::maglev})->Apply(sizes);
BENCHMARK_CAPTURE(pick, source_hash, {.policy = Policy::source_hash})->Apply(sizes);

BENCHMARK_CAPTURE(pick_few_usable, round_robin, {.policy = Policy::round_robin})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, smooth, {.policy = Policy::smooth_weighted_round_robin})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, random, {.policy = Policy::random})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, weighted_random, {.policy = Policy::weighted_random})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, least_connections, {.policy = Policy::least_connections})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, peak_ewma, {.policy = Policy::peak_ewma})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, consistent_hash, {.policy = Policy::consistent_hash})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, maglev, {.policy = Policy::maglev})->Apply(sizes);
BENCHMARK_CAPTURE(pick_few_usable, source_hash, {.policy = Policy::source_hash})->Apply(sizes);

BENCHMARK_CAPTURE(request, round_robin, {.policy = Policy::round_robin})->Apply(sizes);
BENCHMARK_CAPTURE(request, least_connections, {.policy = Policy::least_connections})->Apply(sizes);
BENCHMARK_CAPTURE(request, bounded_hash, {.policy = Policy::consistent_hash, .bounded_load = 1.25})->Apply(sizes);
BENCHMARK_CAPTURE(in_flight_changed, least_connections, {.policy = Policy::least_connections})->Apply(sizes);
BENCHMARK_CAPTURE(pick_weights, smooth, {.policy = Policy::smooth_weighted_round_robin})->Apply(weights);

BENCHMARK_CAPTURE(make, round_robin, {.policy = Policy::round_robin})->Apply(large);
BENCHMARK_CAPTURE(make, smooth, {.policy = Policy::smooth_weighted_round_robin})->Apply(large);
BENCHMARK_CAPTURE(make, random, {.policy = Policy::random})->Apply(large);
BENCHMARK_CAPTURE(make, weighted_random, {.policy = Policy::weighted_random})->Apply(large);
BENCHMARK_CAPTURE(make, least_connections, {.policy = Policy::least_connections})->Apply(large);
BENCHMARK_CAPTURE(make, peak_ewma, {.policy = Policy::peak_ewma})->Apply(large);
BENCHMARK_CAPTURE(make, consistent_hash, {.policy = Policy::consistent_hash})->Apply(large);
BENCHMARK_CAPTURE(make, maglev, {.policy = Policy::maglev})->Apply(large);
BENCHMARK_CAPTURE(make, source_hash, {.policy = Policy::source_hash})->Apply(large);

BENCHMARK_CAPTURE(start, smooth, {.policy = Policy::smooth_weighted_round_robin})->Apply(large);
BENCHMARK_CAPTURE(start, weighted_random, {.policy = Policy::weighted_random})->Apply(large);
BENCHMARK_CAPTURE(start, least_connections, {.policy = Policy::least_connections})->Apply(large);
BENCHMARK_CAPTURE(start, peak_ewma, {.policy = Policy::peak_ewma})->Apply(large);
BENCHMARK_CAPTURE(start, consistent_hash, {.policy = Policy::consistent_hash})->Apply(large);

}  // namespace
}  // namespace penstock::balancers
