// What adaptive limits make of an overloaded upstream, in simulated time: the tables of docs/limiters.md. The time that
// Google Benchmark prints is the simulation's; the figures are the counters.
#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>

#include "limiters/adaptive.h"
#include "tests/unit/limiters/overload_sim.h"
#include "tests/unit/limiters/published_limits.h"

namespace penstock::limiters {
namespace {

class Ours : public LimitPolicy {
 public:
  explicit Ours(std::uint64_t p99_target_ms) : limit_({.p99_target_ns = p99_target_ms * 1'000'000}) {}
  std::uint32_t limit() const override { return limit_.limit(); }
  void tick(const Tick& tick) override { limit_.tick({100'000'000, &tick.latest, tick.peak_in_flight, tick.refused}); }

 private:
  AdaptiveLimit limit_;
};

using Make = std::function<std::unique_ptr<LimitPolicy>()>;
/// Drives the simulation to where the figures are to be taken, and returns them.
using Scenario = std::function<OverloadSim::Report(OverloadSim&)>;

void run(benchmark::State& state, const Make& make, bool room, const Scenario& scenario) {
  constexpr std::uint64_t kSeeds = 5;
  OverloadSim::Report sum;
  for (auto _ : state) {
    sum = {};
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const auto policy = make();
      OverloadSim sim(*policy, seed);
      sim.room = room;
      const auto report = scenario(sim);
      sum.goodput += report.goodput / kSeeds;
      sum.p99_ms += report.p99_ms / kSeeds;
      sum.refused += report.refused / kSeeds;
      sum.mean_limit += report.mean_limit / kSeeds;
    }
  }
  state.counters["goodput"] = sum.goodput;
  state.counters["p99_ms"] = sum.p99_ms;
  state.counters["refused"] = sum.refused;
  state.counters["limit"] = sum.mean_limit;
}

Scenario steady(double load) {
  return [load](OverloadSim& sim) {
    sim.run(load, 10);
    return sim.run(load, 60);
  };
}

OverloadSim::Report first_two_seconds_of_a_step(OverloadSim& sim) {
  sim.run(0.5, 20);
  return sim.run(5, 2);
}

OverloadSim::Report five_seconds_after_halving(OverloadSim& sim) {
  sim.run(2, 20);
  sim.service = 0.020;
  sim.run(2, 5);
  return sim.run(2, 20);
}

OverloadSim::Report five_seconds_after_coming_back(OverloadSim& sim) {
  five_seconds_after_halving(sim);
  sim.service = 0.010;
  sim.run(2, 5);
  return sim.run(2, 20);
}

int register_all() {
  struct Policy {
    const char* name;
    Make make;
    bool room = false;
  };
  const Policy policies[] = {
      {"none", [] { return std::make_unique<FixedLimit>(1'000'000); }},
      {"fixed_20", [] { return std::make_unique<FixedLimit>(20); }},
      {"aimd_p99_60ms", [] { return std::make_unique<AimdOnP99>(60); }},
      {"gradient2", [] { return std::make_unique<Gradient2>(); }},
      {"envoy_gradient", [] { return std::make_unique<EnvoyGradient>(); }},
      {"penstock", [] { return std::make_unique<Ours>(0); }},
      {"penstock_p99_60ms", [] { return std::make_unique<Ours>(60); }},
      {"fixed_20_room", [] { return std::make_unique<FixedLimit>(20); }, true},
      {"penstock_room", [] { return std::make_unique<Ours>(0); }, true},
      {"penstock_p99_60ms_room", [] { return std::make_unique<Ours>(60); }, true},
  };
  const std::pair<const char*, Scenario> scenarios[] = {
      {"0.8x", steady(0.8)},
      {"1.2x", steady(1.2)},
      {"2x", steady(2)},
      {"5x", steady(5)},
      {"10x", steady(10)},
      {"step_0.5x_5x", first_two_seconds_of_a_step},
      {"halved", five_seconds_after_halving},
      {"back", five_seconds_after_coming_back},
  };
  for (const auto& [policy, make, room] : policies) {
    for (const auto& [scenario, drive] : scenarios) {
      const auto bench = [m = make, r = room, d = drive](benchmark::State& state) { run(state, m, r, d); };
      benchmark::RegisterBenchmark((std::string(policy) + "/" + scenario).c_str(), bench)
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
    }
  }
  return 0;
}

const int kRegistered = register_all();

}  // namespace
}  // namespace penstock::limiters
