#include "bench/sim/world.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "balancers/hash.h"
#include "balancers/latency.h"

namespace penstock::sim {
namespace {

constexpr double kWarmUp = 0.1;  // of the requests
constexpr Time kEjection = 10'000'000'000;
constexpr std::uint32_t kFailuresInARow = 5;
constexpr int kTries = 2;

std::vector<balancers::Member> members(std::uint32_t count) {
  std::vector<balancers::Member> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string host = "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255);
    all.push_back({host + "." + std::to_string(i & 255) + ":80", 1});
  }
  return all;
}

}  // namespace

struct World::Gateway {
  std::uint32_t number = 0;
  std::unique_ptr<balancers::Balancer> balancer;
  std::vector<balancers::Load> loads;
  std::vector<std::uint32_t> failures;
  double typical_ns = 0;

  void set_usable(std::uint32_t endpoint, bool usable) {
    loads[endpoint].usable = usable;
    balancer->fitness_changed(loads, endpoint);
  }
};

World::World(const Settings& settings) : settings_(settings), random_(settings.seed), endpoints_(settings.endpoints) {
  between_ = static_cast<Time>(static_cast<double>(kMean) / (settings.load * settings.endpoints));
  const auto original = balancers::make_balancer(settings.policy, members(settings.endpoints));
  for (std::uint32_t i = 0; i < settings.gateways; ++i) {
    auto& gateway = *gateways_.emplace_back(std::make_unique<Gateway>());
    gateway.number = i;
    gateway.balancer = original->clone();
    gateway.loads.resize(settings.endpoints);
    gateway.failures.resize(settings.endpoints);
    gateway.balancer->start(gateway.loads, nullptr, std::vector(settings.endpoints, balancers::kNoMember),
                            random_.next());
  }
  outcome_.served.resize(settings.endpoints);
  for (std::uint32_t i = 0; settings.zipf > 0 && i < settings.keys; ++i)
    zipf_.push_back((i > 0 ? zipf_.back() : 0) + std::pow(i + 1, -settings.zipf));
}

World::~World() = default;

void World::at(double part, std::function<void(std::vector<Endpoint>&)> change) {
  changes_.push_back({static_cast<std::uint64_t>(part * static_cast<double>(settings_.requests)), std::move(change)});
}

Outcome World::run() {
  events_.push({0, What::arrival, 0, 0});
  while (!events_.empty()) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    switch (event.what) {
      case What::arrival:
        arrive();
        break;
      case What::completion:
        complete(event.index);
        break;
      case What::way_back:
        gateways_[event.gateway]->set_usable(event.index, true);
        break;
    }
  }
  return std::move(outcome_);
}

void World::apply_changes() {
  for (Change& change : changes_) {
    if (change.at_request == arrived_) change.apply(endpoints_);
  }
}

void World::arrive() {
  apply_changes();
  if (++arrived_ < settings_.requests) {
    const double gap = -std::log(1 - uniform()) * static_cast<double>(between_);
    events_.push({now_ + static_cast<Time>(gap), What::arrival, 0, 0});
  }
  const auto number = static_cast<std::uint32_t>(random_.below(gateways_.size()));
  Gateway& gateway = *gateways_[number];
  std::vector<std::uint32_t> tried;
  const std::uint64_t key = draw_key();
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const balancers::Pick pick = {.key = key, .random = random_.next(), .now = now_, .tried = tried};
    const auto picked = gateway.balancer->pick(gateway.loads, pick);
    if (!picked) break;
    if (!endpoints_[*picked].alive) {
      ++outcome_.refused_tries;
      fail(gateway, *picked);
      tried.push_back(*picked);
      continue;
    }
    std::uint32_t request = static_cast<std::uint32_t>(requests_.size());
    if (free_requests_.empty()) {
      requests_.emplace_back();
    } else {
      request = free_requests_.back();
      free_requests_.pop_back();
    }
    requests_[request] = {now_, number, *picked};
    ++gateway.loads[*picked].in_flight;
    gateway.balancer->in_flight_changed(gateway.loads, *picked);
    endpoints_[*picked].waiting.push_back(request);
    if (!endpoints_[*picked].busy) begin_service(*picked);
    return;
  }
  ++outcome_.errors;
}

void World::fail(Gateway& gateway, std::uint32_t endpoint) {
  balancers::observe_failure(gateway.loads[endpoint], 0, static_cast<std::uint64_t>(gateway.typical_ns), now_,
                             settings_.policy.decay_ns);
  if (!settings_.ejects || ++gateway.failures[endpoint] < kFailuresInARow || !gateway.loads[endpoint].usable) return;
  gateway.failures[endpoint] = 0;
  gateway.set_usable(endpoint, false);
  events_.push({now_ + kEjection, What::way_back, endpoint, gateway.number});
}

void World::begin_service(std::uint32_t endpoint) {
  endpoints_[endpoint].busy = true;
  events_.push({now_ + draw_service(endpoints_[endpoint].speed), What::completion, endpoint, 0});
}

void World::complete(std::uint32_t index) {
  Endpoint& endpoint = endpoints_[index];
  const std::uint32_t number = endpoint.waiting.front();
  endpoint.waiting.pop_front();
  const Request request = requests_[number];
  free_requests_.push_back(number);
  Gateway& gateway = *gateways_[request.gateway];
  --gateway.loads[index].in_flight;
  gateway.balancer->in_flight_changed(gateway.loads, index);
  const Time took = now_ - request.arrived;
  balancers::observe_latency(gateway.loads[index], took, now_, settings_.policy.decay_ns);
  gateway.typical_ns += (static_cast<double>(took) - gateway.typical_ns) / 64;
  gateway.failures[index] = 0;
  if (static_cast<double>(arrived_) > kWarmUp * static_cast<double>(settings_.requests)) {
    outcome_.latencies.push_back(static_cast<float>(static_cast<double>(took) / kMean));
    ++outcome_.served[index];
  }
  endpoint.busy = false;
  if (!endpoint.waiting.empty()) begin_service(index);
}

Time World::draw_service(double speed) {
  double time = 1;
  if (settings_.service == Service::exponential) {
    time = -std::log(1 - uniform());
  } else if (settings_.service == Service::lognormal) {
    const double normal = std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::numbers::pi * uniform());
    time = std::exp(normal - 0.5);
  }
  return static_cast<Time>(time * kMean / speed) + 1;
}

std::uint64_t World::draw_key() {
  if (zipf_.empty()) return random_.next();
  const auto found = std::lower_bound(zipf_.begin(), zipf_.end(), uniform() * zipf_.back());
  return balancers::hash_key("key-" + std::to_string(found - zipf_.begin()));
}

double Outcome::quantile(double q) const {
  if (latencies.empty()) return 0;
  std::vector<float> sorted = latencies;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

double Outcome::imbalance() const {
  const auto all = static_cast<double>(std::accumulate(served.begin(), served.end(), std::uint64_t{0}));
  return static_cast<double>(*std::max_element(served.begin(), served.end())) * static_cast<double>(served.size()) /
         all;
}

double moved_keys(const balancers::Spec& policy, std::uint32_t endpoints) {
  constexpr std::uint64_t kKeys = 100'000;
  const auto before = balancers::make_balancer(policy, members(endpoints));
  const auto after = balancers::make_balancer(policy, members(endpoints - 1));
  const std::vector<balancers::Load> loads(endpoints);
  const std::vector<std::uint32_t> from(endpoints, balancers::kNoMember);
  before->start(loads, nullptr, from, 1);
  after->start(std::span(loads).first(endpoints - 1), nullptr, std::span(from).first(endpoints - 1), 1);
  std::uint64_t stayed = 0, moved = 0;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const balancers::Pick pick = {.key = balancers::mix(i), .random = balancers::mix(~i)};
    const std::uint32_t old_one = before->pick(loads, pick).value();
    const std::uint32_t new_one = after->pick(std::span(loads).first(endpoints - 1), pick).value();
    if (old_one == endpoints - 1) continue;
    ++(old_one == new_one ? stayed : moved);
  }
  return static_cast<double>(moved) / static_cast<double>(moved + stayed);
}

}  // namespace penstock::sim
