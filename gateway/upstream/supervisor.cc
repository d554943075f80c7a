#include "gateway/upstream/supervisor.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/base/key_values.h"
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

}  // namespace

Supervisor::Supervisor(io::Loop& loop, std::shared_ptr<const conf::Upstream> config, Surroundings around,
                       std::uint64_t seed, Workers workers, Tell tell, const Supervisor* before)
    : loop_(loop),
      config_owner_(std::move(config)),
      config_(*config_owner_),
      around_(guarded(std::move(around), config_, before)),
      workers_(std::move(workers)),
      monitor_(
          loop, config_, seed, [this] { publish_fitness(); }, std::move(tell)),
      plan_(std::make_shared<const Plan>()),
      fitness_(std::make_shared<const Fitness>()),
      next_mark_([](void* self) { static_cast<Supervisor*>(self)->mark_time(); }, this) {
  if (before) learn_from(*before);
  mark_time();
}

/// The budget and the breakers go on if they are as they were.
Surroundings Supervisor::guarded(Surroundings around, const conf::Upstream& config, const Supervisor* before) {
  const bool same =
      before && before->config_.retry == config.retry && before->config_.circuit_breaker == config.circuit_breaker;
  around.guard = same ? before->around_.guard : std::make_shared<Guard>(config);
  return around;
}

void Supervisor::learn_from(const Supervisor& before) {
  const bool same_guard = before.around_.guard == around_.guard;
  for (const auto& [id, known] : before.known_) {
    Known& mine = known_.emplace(id, known).first->second;
    mine.last_plan = 0;
    if (!same_guard) mine.breaker = around_.guard->make_endpoint_breaker();
  }
  monitor_.learn_from(before.monitor_);
  weights_ = before.weights_;
}

std::string Supervisor::memory() const {
  std::vector<std::string> texts = {monitor_.memory()};
  for (const auto& [address, weight] : weights_) {
    texts.push_back(address);
    texts.push_back(std::to_string(weight));
  }
  return packed(texts);
}

void Supervisor::recall(std::string_view memory) {
  const auto texts = unpacked(memory);
  if (!texts || texts->size() % 2 != 1) return;
  monitor_.recall(texts->front());
  for (std::size_t i = 1; i < texts->size(); i += 2) {
    std::uint32_t weight = 0;
    const std::string& text = (*texts)[i + 1];
    if (std::from_chars(text.data(), text.data() + text.size(), weight).ec == std::errc())
      weights_[(*texts)[i]] = weight;
  }
}

Supervisor::~Supervisor() {
  next_mark_.cancel();
}

void Supervisor::apply(const discovery::SnapshotPtr& snapshot) {
  loop_.assert_here();
  ++plans_;
  places_ = 0;
  snapshot_ = snapshot;
  plan_before_ = std::move(plan_);
  plan_ = make_plan(
      config_, around_, *with_weights(), [this](const discovery::Endpoint& endpoint) { return remembered(endpoint); },
      plan_before_.get());
  forget_some();
  std::vector<health::Watched> watched;
  for (const PlannedEndpoint& planned : plan_->endpoints)
    watched.push_back({planned.record, planned.endpoint.address, planned.tls});
  monitor_.watch(std::move(watched));
  fitness_ = make_fitness(*plan_, config_.panic_threshold,
                          [this](std::size_t i) -> const health::Standing& { return monitor_.standing(i); });
  workers_.plan(plan_, fitness_);
}

discovery::SnapshotPtr Supervisor::with_weights() const {
  if (weights_.empty()) return snapshot_;
  auto changed = std::make_shared<discovery::Snapshot>();
  changed->version = snapshot_->version;
  for (discovery::Endpoint endpoint : snapshot_->endpoints) {
    const auto set = weights_.find(endpoint.address.text());
    if (set != weights_.end()) endpoint.weight = set->second;
    if (endpoint.weight > 0) changed->endpoints.push_back(std::move(endpoint));
  }
  return changed;
}

bool Supervisor::set_weight(const std::string& address, std::optional<std::uint32_t> weight) {
  loop_.assert_here();
  const auto is_it = [&](const discovery::Endpoint& endpoint) { return endpoint.address.text() == address; };
  if (!snapshot_ || std::none_of(snapshot_->endpoints.begin(), snapshot_->endpoints.end(), is_it)) return false;
  if (weight) {
    weights_[address] = *weight;
  } else {
    weights_.erase(address);
  }
  apply(snapshot_);
  return true;
}

void Supervisor::failures_in_a_row(const health::EndpointRecordPtr& record, health::Failure last) {
  loop_.assert_here();
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
  const bool was_in_the_last = std::exchange(known.last_plan, plans_) + 1 == plans_;
  const std::uint32_t before = std::exchange(known.place, places_++);
  return {known.record, known.breaker, was_in_the_last ? before : balancers::kNoMember};
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
