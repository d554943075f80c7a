#include "gateway/deployment/deployment.h"
#include "discovery/factory/make_registry.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace penstock {
namespace {

/// How long a configuration waits for its new upstreams' endpoints; those without any by then answer 503 until they
/// have some.
constexpr Nanos kPatience = 2 * kNanosPerSecond;

const conf::Registry* find_registry(const conf::Config& config, const std::string& name) {
  const auto found = std::find_if(config.registries.begin(), config.registries.end(),
                                  [&](const conf::Registry& registry) { return registry.name == name; });
  return found != config.registries.end() ? &*found : nullptr;
}

}  // namespace

Deployment::Deployment(UpstreamHouse& house, Compiled compiled, const std::string& sticky_secret,
                       const Deployment* before, std::function<void()> ready)
    : house_(house),
      blueprint_(std::move(compiled.blueprint)),
      upstream_tls_(std::move(compiled.upstream_tls)),
      sticky_secret_(sticky_secret),
      ready_(std::move(ready)),
      patience_(Deadline::of<&Deployment::tell_ready>(this)) {
  open_registries(before);
  follow_routes(before);
  make_upstreams(before);
}

/// Upstreams that nobody shares leave one by one, as they came: each is taken out of all workers.
Deployment::~Deployment() {
  for (auto& upstream : upstreams_) {
    if (upstream.use_count() != 1) continue;
    house_.leaving.push_back(std::move(upstream));
    house_.loop.post([&house = house_] { house.leaving.pop_back(); });
  }
}

void Deployment::open_registries(const Deployment* before) {
  for (const conf::Registry& registry : config().registries) {
    const conf::Registry* was = before ? find_registry(before->config(), registry.name) : nullptr;
    if (was && *was == registry) {
      registries_.emplace(registry.name, before->registries_.at(registry.name));
      continue;
    }
    const auto log = [this_house = &house_, name = registry.name](const std::string& message) {
      this_house->log("registry " + name + ": " + message);
    };
    registries_.emplace(registry.name, discovery::make_registry({house_.loop, house_.random(), log}, registry));
  }
}

std::shared_ptr<discovery::Registry> Deployment::registry_of(const conf::Upstream& upstream) const {
  return upstream.discover ? registries_.at(upstream.discover->registry) : nullptr;
}

/// One task for each that is new, so that the loop has its turns in between.
void Deployment::make_upstreams(const Deployment* before) {
  std::unordered_map<std::string_view, std::shared_ptr<ManagedUpstream>> known;
  const bool same_zone = before && before->config().zone == config().zone;
  if (before) {
    for (const auto& upstream : before->upstreams_) known.emplace(upstream->config().name, upstream);
  }
  for (const conf::Upstream& upstream : config().upstreams) {
    const std::size_t index = upstreams_.size();
    const auto found = known.find(upstream.name);
    const auto was = found != known.end() ? found->second : nullptr;
    if (was && same_zone && was->tls() == upstream_tls_->of(index) && same_but_for_endpoints(was->config(), upstream)) {
      if (!was->fed_by(upstream, registry_of(upstream))) to_be_fed_.push_back(index);
      upstreams_.push_back(was);
      continue;
    }
    upstreams_.emplace_back();
    ++unsettled_;
    house_.loop.post(alive_.guard([this, index, was = was.get()] { make_upstream(index, was); }));
  }
  ++unsettled_;
  house_.loop.post(alive_.guard([this] {
    house_.loop.arm(patience_, kPatience);
    settled();
  }));
}

void Deployment::make_upstream(std::size_t index, const ManagedUpstream* before) {
  const conf::Upstream& upstream = config().upstreams[index];
  const bool has_secret = upstream.sticky && !upstream.sticky->secret.empty();
  const std::string& secret = has_secret ? upstream.sticky->secret : sticky_secret_;
  upstreams_[index] = std::make_shared<ManagedUpstream>(
      house_, upstream, upstream::Surroundings{config().zone, secret, nullptr, upstream_tls_->of(index)}, before);
  upstreams_[index]->feed(upstream, registry_of(upstream), alive_.guard([this] { settled(); }));
}

void Deployment::follow_routes(const Deployment* before) {
  std::unordered_map<std::string_view, std::uint32_t> was;
  if (before) {
    for (const conf::Route& route : before->config().routes)
      was.emplace(route.id, static_cast<std::uint32_t>(was.size()));
    became_.assign(was.size(), observe::RouteBook::kNoRoute);
  }
  std::vector<std::uint32_t> from;
  for (const conf::Route& route : config().routes) {
    const auto found = was.find(route.id);
    const auto index = static_cast<std::uint32_t>(from.size());
    from.push_back(found != was.end() ? found->second : observe::RouteBook::kNoRoute);
    if (found != was.end()) became_[found->second] = index;
  }
  for (std::size_t i = 0; before && i < from.size(); ++i) {
    const bool was_degraded = from[i] != observe::RouteBook::kNoRoute && before->blueprint_->degraded->is_set(from[i]);
    blueprint_->degraded->set(i, was_degraded);
  }
  for (std::size_t i = 0; i < house_.workers.size(); ++i) {
    books_.push_back(std::make_shared<observe::RouteBook>(from.size()));
    if (before) books_.back()->take_over(*before->books_[i], from);
  }
}

void Deployment::settled() {
  if (--unsettled_ == 0) tell_ready();
}

/// Endpoints that come from elsewhere now go first, again one task for each upstream.
void Deployment::tell_ready() {
  patience_.cancel();
  if (std::exchange(told_ready_, true)) return;  // some upstream has settled after all
  for (const std::size_t index : to_be_fed_) {
    house_.loop.post(alive_.guard([this, index] {
      upstreams_[index]->feed(config().upstreams[index], registry_of(config().upstreams[index]), [] {});
    }));
  }
  house_.loop.post(alive_.guard([this] { ready_(); }));
}

void Deployment::adopt() {
  house_.loop.assert_here();
  std::vector<ClusterId> clusters;
  for (const auto& upstream : upstreams_) clusters.push_back(upstream->id());
  for (std::size_t i = 0; i < house_.workers.size(); ++i)
    house_.workers[i]->adopt({blueprint_, clusters, books_[i], became_});
}

}  // namespace penstock
