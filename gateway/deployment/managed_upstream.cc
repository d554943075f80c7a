#include "gateway/deployment/managed_upstream.h"

#include <utility>

namespace penstock {

ManagedUpstream::ManagedUpstream(UpstreamHouse& house, const conf::Upstream& config, upstream::Surroundings around,
                                 const ManagedUpstream* before)
    : house_(house), id_(house.next_id++), config_(std::make_shared<const conf::Upstream>(config)), tls_(around.tls) {
  house_.by_id.emplace(id_, this);
  for (std::size_t i = 0; i < house_.workers.size(); ++i) {
    stats_.push_back(before ? before->stats_[i] : std::make_shared<observe::UpstreamStats>());
    house_.workers[i]->add({id_, config_, stats_.back()});
  }
  const upstream::Supervisor::Workers workers = {
      static_cast<unsigned>(house_.workers.size()),
      [this](const upstream::PlanPtr& plan, const upstream::FitnessPtr& fitness) {
        for (const auto& worker : house_.workers) worker->apply(id_, plan, fitness);
      },
      [this](const upstream::FitnessPtr& fitness) {
        for (const auto& worker : house_.workers) worker->apply(id_, fitness);
      }};
  supervisor_ =
      std::make_unique<upstream::Supervisor>(house_.loop, config_, std::move(around), house_.random(), workers,
                                             house_.log, before ? before->supervisor_.get() : nullptr);
  if (before || !house_.learned) return;
  const auto learned = house_.learned->find(memory_key_of(config));
  if (learned != house_.learned->end()) supervisor_->recall(learned->second);
}

std::string memory_key_of(const conf::Upstream& upstream) {
  return "upstream " + upstream.name;
}

ManagedUpstream::~ManagedUpstream() {
  service_.reset();
  static_source_.reset();
  for (const auto& worker : house_.workers) worker->remove(id_);
  house_.by_id.erase(id_);
}

void ManagedUpstream::feed(const conf::Upstream& config, std::shared_ptr<discovery::Registry> registry,
                           std::function<void()> settled) {
  house_.loop.assert_here();
  service_.reset();
  static_source_.reset();
  registry_ = std::move(registry);
  endpoints_ = config.endpoints;
  discover_ = config.discover;
  const auto publish = [this](const discovery::SnapshotPtr& snapshot) { supervisor_->apply(snapshot); };
  if (registry_) {
    service_ = std::make_unique<discovery::Service>(
        house_.loop, *registry_, config.name, *config.discover, house_.state_dir,
        discovery::Service::Hooks{publish, [this](const std::string& address) { return is_out(address); },
                                  [this] { return answers(); }, std::move(settled), house_.log});
  } else {
    static_source_ =
        std::make_unique<discovery::StaticSource>(house_.loop, config, publish, house_.log, std::move(settled));
  }
}

bool ManagedUpstream::fed_by(const conf::Upstream& config, const std::shared_ptr<discovery::Registry>& registry) const {
  house_.loop.assert_here();
  return registry_ == registry && endpoints_ == config.endpoints && discover_ == config.discover;
}

std::vector<const observe::UpstreamStats*> ManagedUpstream::stats() const {
  std::vector<const observe::UpstreamStats*> stats;
  for (const auto& worker : stats_) stats.push_back(worker.get());
  return stats;
}

bool ManagedUpstream::is_out(const std::string& address) const {
  const auto& endpoints = supervisor_->plan().endpoints;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].record->address() == address) return !supervisor_->standing(i).usable();
  }
  return true;  // not one of ours: nobody uses it
}

/// Requests are counted when they begin: what hangs is none.
std::uint64_t ManagedUpstream::answers() const {
  std::uint64_t begun = 0;
  std::uint64_t without = 0;
  for (const auto& endpoint : supervisor_->plan().endpoints) {
    for (const health::EndpointStats& worker : endpoint.record->workers()) {
      begun += worker.requests.value();
      without += worker.failures.value() + static_cast<std::uint64_t>(worker.in_flight.value());
    }
  }
  return supervisor_->monitor().checks_passed() + (begun > without ? begun - without : 0);
}

bool same_but_for_endpoints(const conf::Upstream& a, const conf::Upstream& b) {
  conf::Upstream alike = b;
  alike.endpoints = a.endpoints;
  alike.discover = a.discover;
  return alike == a;
}

}  // namespace penstock
