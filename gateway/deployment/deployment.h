// One configuration at work, as the control thread sees it: its upstreams, limits and registries, and what workers need
// of it. A reload makes the next one beside it, out of whatever parts are the same, and swaps them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "discovery/registry.h"
#include "gateway/base/alive.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/deployment/managed_upstream.h"
#include "gateway/deployment/reloader.h"
#include "gateway/deployment/upstream_tls.h"
#include "gateway/observe/route_book.h"
#include "gateway/proxy/blueprint.h"

namespace penstock {

/// Belongs to the control thread.
class Deployment {
 public:
  /// `ready`: each upstream has endpoints, or won't for now. Once, not before this returns; until then, upstreams() has
  /// gaps. `before`: the one in force, of which parts are shared; null: there is none. It lives until this one is
  /// adopted, `sticky_secret` as long as this one.
  Deployment(UpstreamHouse& house, Compiled compiled, const std::string& sticky_secret, const Deployment* before,
             std::function<void()> ready);
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  /// Workers begin new requests under it from now on. Once.
  void adopt();

  const conf::Config& config() const { return *blueprint_->config; }
  const std::shared_ptr<const proxy::Blueprint>& blueprint() const { return blueprint_; }
  const std::shared_ptr<const UpstreamTls>& upstream_tls() const { return upstream_tls_; }
  filters::LimitTable& limits() const { return *blueprint_->limits; }
  /// Indexed like the configuration's.
  const std::vector<std::shared_ptr<ManagedUpstream>>& upstreams() const { return upstreams_; }
  const std::map<std::string, std::shared_ptr<discovery::Registry>>& registries() const { return registries_; }
  /// By worker.
  const std::vector<std::shared_ptr<observe::RouteBook>>& books() const { return books_; }

 private:
  void open_registries(const Deployment* before);
  void make_upstreams(const Deployment* before);
  void make_upstream(std::size_t index, const ManagedUpstream* before);
  void follow_routes(const Deployment* before);
  std::shared_ptr<discovery::Registry> registry_of(const conf::Upstream& upstream) const;
  void settled();
  void tell_ready();

  UpstreamHouse& house_;
  const std::shared_ptr<const proxy::Blueprint> blueprint_;
  const std::shared_ptr<const UpstreamTls> upstream_tls_;
  const std::string& sticky_secret_;
  const std::function<void()> ready_;
  std::map<std::string, std::shared_ptr<discovery::Registry>> registries_;
  std::vector<std::shared_ptr<ManagedUpstream>> upstreams_;
  std::vector<std::size_t> to_be_fed_;  ///< upstreams that are shared, but get their endpoints from elsewhere now
  std::vector<std::shared_ptr<observe::RouteBook>> books_;
  std::vector<std::uint32_t> became_;  ///< the routes of the deployment before, here
  std::size_t unsettled_ = 0;
  bool told_ready_ = false;
  Deadline patience_;
  Alive alive_;
};

}  // namespace penstock
