#include "gateway/upstream/cluster.h"

#include <algorithm>

#include "balancers/round_robin.h"

namespace penstock::upstream {
namespace {

constexpr std::uint32_t kGone = ~std::uint32_t{0};

std::unique_ptr<balancers::Balancer> make_balancer(conf::BalancerPolicy policy) {
  switch (policy) {
    case conf::BalancerPolicy::round_robin:
      break;
  }
  return std::make_unique<balancers::RoundRobin>();
}

}  // namespace

void Lease::reset() {
  if (!connection_) return;
  cluster_->release(*pool_, *std::exchange(connection_, nullptr));
}

Cluster::Cluster(io::Loop& loop, const conf::Upstream& config, observe::UpstreamStats& stats, std::uint64_t first_turn)
    : loop_(loop), config_(config), stats_(stats), turn_(first_turn) {}

Cluster::~Cluster() = default;

void Cluster::apply(const discovery::SnapshotPtr& snapshot) {
  std::unordered_map<std::string, std::unique_ptr<EndpointPool>> known;
  for (auto& pool : pools_) known.emplace(pool->address_text(), std::move(pool));
  pools_.clear();
  loads_.clear();
  std::vector<EndpointEntry> entries;
  for (const discovery::Endpoint& endpoint : snapshot->endpoints) {
    auto found = known.extract(endpoint.id);
    auto pool =
        found ? std::move(found.mapped()) : std::make_unique<EndpointPool>(loop_, config_, stats_, endpoint.address);
    pool->index = static_cast<std::uint32_t>(pools_.size());
    loads_.push_back({.in_flight = static_cast<std::uint32_t>(pool->stats()->in_flight.value())});
    entries.push_back({endpoint, pool->stats()});
    pools_.push_back(std::move(pool));
  }
  for (auto& [id, pool] : known) {
    pool->index = kGone;
    pool->retire();
    if (!pool->unused()) leaving_.push_back(std::move(pool));
  }
  balancer_ = make_balancer(config_.balancer);
  const std::lock_guard lock(entries_mutex_);
  entries_ = std::move(entries);
  version_ = snapshot->version;
}

Lease Cluster::lease(AttemptHandler& handler, http::Method method, std::uint64_t random,
                     std::span<const std::uint32_t> tried, bool fresh, ErrorKind& error) {
  const balancers::Pick pick = {.random = random, .turn = turn_++, .tried = tried};
  const auto index = balancer_ ? balancer_->pick(loads_, pick) : std::nullopt;
  if (!index) {
    error = ErrorKind::no_endpoint;
    return {};
  }
  EndpointPool& pool = *pools_[*index];
  Connection* connection = pool.take(handler, method, fresh, error);
  if (!connection) return {};
  ++loads_[*index].in_flight;
  return {this, &pool, connection};
}

bool Cluster::has_untried(std::span<const std::uint32_t> tried) const {
  return balancer_ && balancer_->pick(loads_, {.tried = tried}).has_value();
}

void Cluster::release(EndpointPool& pool, Connection& connection) {
  if (pool.index != kGone) --loads_[pool.index].in_flight;
  pool.give_back(connection);
  if (pool.index == kGone && pool.unused()) {
    std::erase_if(leaving_, [&](const auto& leaving) { return leaving.get() == &pool; });
  }
}

void Cluster::retire() {
  for (auto& pool : pools_) pool->retire();
}

std::vector<EndpointEntry> Cluster::entries() const {
  const std::lock_guard lock(entries_mutex_);
  return entries_;
}

std::uint64_t Cluster::version() const {
  const std::lock_guard lock(entries_mutex_);
  return version_;
}

}  // namespace penstock::upstream
