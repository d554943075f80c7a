// One worker's view of one upstream: its endpoints, a balancer over them, and their pools.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "balancers/balancer.h"
#include "conf/config.h"
#include "discovery/snapshot.h"
#include "gateway/upstream/pool.h"

namespace penstock::upstream {

class Cluster;

/// A connection for one attempt, and the attempt's place in the in-flight counts. Dropping it gives both back.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept
      : cluster_(std::exchange(other.cluster_, nullptr)),
        pool_(std::exchange(other.pool_, nullptr)),
        connection_(std::exchange(other.connection_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      reset();
      cluster_ = std::exchange(other.cluster_, nullptr);
      pool_ = std::exchange(other.pool_, nullptr);
      connection_ = std::exchange(other.connection_, nullptr);
    }
    return *this;
  }
  ~Lease() { reset(); }
  void reset();

  explicit operator bool() const { return connection_ != nullptr; }
  Connection* operator->() const { return connection_; }
  const EndpointPool& endpoint() const { return *pool_; }

 private:
  friend class Cluster;
  Lease(Cluster* cluster, EndpointPool* pool, Connection* connection)
      : cluster_(cluster), pool_(pool), connection_(connection) {}

  Cluster* cluster_ = nullptr;
  EndpointPool* pool_ = nullptr;
  Connection* connection_ = nullptr;
};

/// For the control thread: an endpoint and this worker's counts of it.
struct EndpointEntry {
  discovery::Endpoint endpoint;
  std::shared_ptr<const EndpointStats> stats;
};

/// Belongs to its worker's thread, but for entries(). `config` and `stats` outlive it.
class Cluster {
 public:
  Cluster(io::Loop& loop, const conf::Upstream& config, observe::UpstreamStats& stats, std::uint64_t first_turn);
  ~Cluster();

  /// Pools of endpoints that stay (by id) keep their connections; those of the others end with their last request.
  void apply(const discovery::SnapshotPtr& snapshot);

  /// A connection to an endpoint that is not among `tried`. On failure an empty lease, and why in `error`.
  Lease lease(AttemptHandler& handler, http::Method method, std::uint64_t random, std::span<const std::uint32_t> tried,
              bool fresh, ErrorKind& error);

  /// Whether lease() would find an endpoint beside these.
  bool has_untried(std::span<const std::uint32_t> tried) const;

  /// Closes idle connections, and those that are given back.
  void retire();

  const conf::Upstream& config() const { return config_; }
  observe::UpstreamStats& stats() { return stats_; }
  /// Any thread.
  std::vector<EndpointEntry> entries() const;
  std::uint64_t version() const;

 private:
  friend class Lease;
  void release(EndpointPool& pool, Connection& connection);

  io::Loop& loop_;
  const conf::Upstream& config_;
  observe::UpstreamStats& stats_;
  std::uint64_t turn_;
  std::unique_ptr<balancers::Balancer> balancer_;
  std::vector<std::unique_ptr<EndpointPool>> pools_;  ///< indexed like the snapshot
  std::vector<balancers::Load> loads_;
  std::vector<std::unique_ptr<EndpointPool>> leaving_;

  mutable std::mutex entries_mutex_;
  std::vector<EndpointEntry> entries_;
  std::uint64_t version_ = 0;
};

}  // namespace penstock::upstream
