// One upstream at work: where its endpoints come from, how they stand, and its part in every worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "conf/config.h"
#include "discovery/service.h"
#include "discovery/static_source.h"
#include "gateway/base/key_values.h"
#include "gateway/io/loop.h"
#include "gateway/upstream/supervisor.h"
#include "gateway/worker/worker.h"

namespace penstock {

class ManagedUpstream;

/// What all upstreams of the process share. Belongs to the control thread; outlives them.
struct UpstreamHouse {
  io::Loop& loop;
  std::vector<std::unique_ptr<Worker>>& workers;
  std::function<std::uint64_t()> random;
  std::function<void(const std::string& message)> log;
  std::string state_dir;                                    ///< empty: nothing is kept
  std::unordered_map<ClusterId, ManagedUpstream*> by_id{};  ///< kept by the upstreams themselves
  ClusterId next_id = 0;
  const KeyValues* learned = nullptr;                       ///< by the process before, while this one starts
  std::vector<std::shared_ptr<ManagedUpstream>> leaving{};  ///< of deployments that are gone
};

/// Among what one process hands to the next.
std::string memory_key_of(const conf::Upstream& upstream);

/// Belongs to the control thread. A reload that leaves an upstream as it is leaves this as it is.
class ManagedUpstream {
 public:
  /// `before`: the same upstream under another configuration, whose place this one takes; null: there was none.
  ManagedUpstream(UpstreamHouse& house, const conf::Upstream& config, upstream::Surroundings around,
                  const ManagedUpstream* before);
  ~ManagedUpstream();
  ManagedUpstream(const ManagedUpstream&) = delete;
  ManagedUpstream& operator=(const ManagedUpstream&) = delete;

  /// Where the endpoints come from, from now on. `registry`: the one that `config.discover` names; null without.
  /// `settled` is called once: there are endpoints, or none are to be expected for now.
  void feed(const conf::Upstream& config, std::shared_ptr<discovery::Registry> registry, std::function<void()> settled);
  /// Whether feed() would change anything.
  bool fed_by(const conf::Upstream& config, const std::shared_ptr<discovery::Registry>& registry) const;

  ClusterId id() const { return id_; }
  /// Null: connections are not encrypted.
  const io::ClientTlsPtr& tls() const { return tls_; }
  /// Without what feed() has changed since.
  const conf::Upstream& config() const { return *config_; }
  upstream::Supervisor& supervisor() { return *supervisor_; }
  const upstream::Supervisor& supervisor() const { return *supervisor_; }
  /// Null: the endpoints stand in the configuration.
  discovery::Service* service() { return service_.get(); }
  const discovery::Service* service() const { return service_.get(); }
  /// By worker.
  std::vector<const observe::UpstreamStats*> stats() const;

 private:
  bool is_out(const std::string& address) const;
  std::uint64_t answers() const;

  UpstreamHouse& house_;
  const ClusterId id_;
  const std::shared_ptr<const conf::Upstream> config_;
  const io::ClientTlsPtr tls_;
  std::vector<std::shared_ptr<observe::UpstreamStats>> stats_;
  std::unique_ptr<upstream::Supervisor> supervisor_;
  std::vector<conf::Endpoint> endpoints_;
  std::optional<conf::Discover> discover_;
  std::shared_ptr<discovery::Registry> registry_;
  std::unique_ptr<discovery::StaticSource> static_source_;
  std::unique_ptr<discovery::Service> service_;
};

/// Whether two configurations of an upstream differ at most in where its endpoints come from.
bool same_but_for_endpoints(const conf::Upstream& a, const conf::Upstream& b);

}  // namespace penstock
