#include "gateway/upstream/supervisor.h"

#include <utility>

#include "gateway/io/loop.h"

namespace penstock::upstream {
namespace {

/// Endpoints that have left and are remembered, in case they come back.
constexpr std::size_t kRemembered = 10'000;

constexpr Nanos kMarkEvery = 5 * kNanosPerSecond;

std::uint64_t requests_of(const health::EndpointRecord& record) {
  std::uint64_t sum = 0;
  for (const health::EndpointStats& worker : record.workers()) sum += worker.requests.value();
  return sum;
}

Surroundings guarded(Surroundings around, const conf::Upstream& config) {
  around.guard = std::make_shared<Guard>(config);
  return around;
}

}  // namespace

Supervisor::Supervisor(io::Loop& loop, const conf::Upstream& config, Surroundings around, std::uint64_t seed,
                       Workers workers, Tell tell)
    : loop_(loop),
      config_(config),
      around_(guarded(std::move(around), config)),
      workers_(std::move(workers)),
      monitor_(
          loop, config, seed, [this] { publish_fitness(); }, std::move(tell)),
      plan_(std::make_shared<const Plan>()),
      fitness_(std::make_shared<const Fitness>()),
      next_mark_([](void* self) { static_cast<Supervisor*>(self)->mark_time(); }, this) {
  mark_time();
}

Supervisor::~Supervisor() {
  next_mark_.cancel();
}

void Supervisor::apply(const discovery::SnapshotPtr& snapshot) {
  ++plans_;
  plan_ = make_plan(config_, around_, *snapshot,
                    [this](const discovery::Endpoint& endpoint) { return remembered(endpoint); });
  forget_some();
  std::vector<health::Watched> watched;
  for (const PlannedEndpoint& planned : plan_->endpoints) watched.push_back({planned.record, planned.endpoint.address});
  monitor_.watch(std::move(watched));
  fitness_ = make_fitness(*plan_, config_.panic_threshold,
                          [this](std::size_t i) -> const health::Standing& { return monitor_.standing(i); });
  workers_.plan(plan_, fitness_);
}

void Supervisor::failures_in_a_row(const health::EndpointRecordPtr& record, health::Failure last) {
  monitor_.failures_in_a_row(record, last);
  publish_fitness();
}

void Supervisor::publish_fitness() {
  fitness_ = make_fitness(*plan_, config_.panic_threshold,
                          [this](std::size_t i) -> const health::Standing& { return monitor_.standing(i); });
  workers_.fitness(fitness_);
}

Remembered Supervisor::remembered(const discovery::Endpoint& endpoint) {
  Known& known = known_[endpoint.id];
  if (!known.record) {
    known.record = std::make_shared<health::EndpointRecord>(endpoint.id, endpoint.address.text(), workers_.count);
    known.breaker = around_.guard->make_endpoint_breaker();
  }
  known.last_plan = plans_;
  return {known.record, known.breaker};
}

void Supervisor::forget_some() {
  if (known_.size() <= plan_->endpoints.size() + kRemembered) return;
  std::erase_if(known_, [this](const auto& entry) { return entry.second.last_plan != plans_; });
}

void Supervisor::mark_time() {
  for (auto& [id, known] : known_) {
    known.requests_then = known.requests_lately;
    known.requests_lately = requests_of(*known.record);
  }
  loop_.arm(next_mark_, kMarkEvery);
}

std::vector<std::uint64_t> Supervisor::recent_picks() const {
  std::vector<std::uint64_t> picks;
  for (const PlannedEndpoint& planned : plan_->endpoints) {
    const Known& known = known_.at(planned.endpoint.id);
    picks.push_back(requests_of(*known.record) - known.requests_then);
  }
  return picks;
}

}  // namespace penstock::upstream
