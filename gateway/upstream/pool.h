// The connections of one worker to one endpoint.
#pragma once

#include <memory>
#include <utility>

#include "conf/config.h"
#include "gateway/health/endpoint_record.h"
#include "gateway/io/address.h"
#include "gateway/observe/stats.h"
#include "gateway/upstream/connection.h"
#include "gateway/upstream/guard.h"
#include "gateway/upstream/plan.h"

namespace penstock::upstream {

/// Bounded; idle connections are kept last used first, so that the oldest ones fall idle for good and are closed.
/// Belongs to its worker's thread; outlives its connections and leases.
class EndpointPool {
 public:
  EndpointPool(io::Loop& loop, const conf::Upstream& upstream, observe::UpstreamStats& stats,
               const PlannedEndpoint& endpoint, unsigned worker);
  ~EndpointPool();
  EndpointPool(const EndpointPool&) = delete;
  EndpointPool& operator=(const EndpointPool&) = delete;

  /// An idle connection, or else a new one that is still connecting, and begins with `proxy_header`. `fresh` asks for a
  /// new one in any case.
  /// null if the bound is reached (`error` = pool_full) or there are no descriptors (`error` = connect_failed).
  Connection* take(AttemptHandler& handler, http::Method method, bool fresh, std::string_view proxy_header,
                   ErrorKind& error);
  /// Keeps it if it can be used again, else closes it.
  void give_back(Connection& connection);
  /// Closes an idle connection.
  void discard(Connection& connection);
  /// Closes the idle ones, and from now on whatever is given back.
  void retire();
  bool unused() const { return busy_ == 0; }
  /// Connections that are leased.
  std::uint64_t busy() const { return busy_; }

  // Told by connections.
  void connected(Nanos took) { stats_.connect.observe(took); }
  void connect_failed() { stats_.connect_errors.add(); }
  void shook_hands(bool resumed) { (resumed ? stats_.tls_resumed : stats_.tls_handshakes).add(); }
  void received(std::size_t bytes) { stats_.bytes_received.add(bytes); }

  io::Loop& loop() { return loop_; }
  const io::SocketAddress& address() const { return address_; }
  const io::TlsTarget& tls() const { return tls_; }
  /// What new connections resume.
  const std::shared_ptr<io::ResumableSession>& session() const { return session_; }
  const std::string& address_text() const { return record_->address(); }
  const health::EndpointRecordPtr& record() const { return record_; }
  /// Null: the endpoint has none.
  limiters::CircuitBreaker* breaker() const { return breaker_.get(); }
  /// This worker's part of the record.
  health::EndpointStats& stats() { return endpoint_stats_; }

  /// Where this endpoint stands in the cluster's current snapshot; ~0 once it is gone. Kept by the cluster.
  std::uint32_t index = 0;

 private:
  void destroy(Connection& connection);

  io::Loop& loop_;
  const conf::Upstream& upstream_;
  observe::UpstreamStats& stats_;
  const io::SocketAddress address_;
  const io::TlsTarget tls_;
  const std::shared_ptr<io::ResumableSession> session_;  ///< null without encryption
  const health::EndpointRecordPtr record_;
  const BreakerPtr breaker_;
  health::EndpointStats& endpoint_stats_;
  IntrusiveList<Connection> idle_;
  std::uint64_t idle_count_ = 0;
  std::uint64_t busy_ = 0;
  bool retired_ = false;
};

}  // namespace penstock::upstream
