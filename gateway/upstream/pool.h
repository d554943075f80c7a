// One worker's way to one endpoint: where requests get their streams from, and what is counted of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "gateway/health/endpoint_record.h"
#include "gateway/http/message.h"
#include "gateway/io/loop.h"
#include "gateway/observe/stats.h"
#include "gateway/upstream/guard.h"
#include "gateway/upstream/plan.h"
#include "gateway/upstream/request_stream.h"

namespace penstock::upstream {

/// What a pool is asked for.
struct Wanted {
  http::Method method;
  bool fresh = false;                  ///< a new connection, not one that has been used
  std::string_view proxy_header = {};  ///< what a new connection begins with
};

/// Belongs to its worker's thread; outlives its streams.
class EndpointPool {
 public:
  EndpointPool(const PlannedEndpoint& endpoint, observe::UpstreamStats& stats, unsigned worker);
  virtual ~EndpointPool() = default;
  EndpointPool(const EndpointPool&) = delete;
  EndpointPool& operator=(const EndpointPool&) = delete;

  /// A stream for one request; it may still be connecting. Null if a bound is reached (`error` = pool_full) or there
  /// are no descriptors (`error` = connect_failed).
  virtual RequestStream* take(RequestStreamHandler& handler, const Wanted& wanted, ErrorKind& error) = 0;
  /// Closes what is idle, and from now on whatever is given back.
  virtual void retire() = 0;

  /// Streams that are lent.
  std::uint64_t busy() const { return busy_; }
  bool unused() const { return busy_ == 0; }

  /// The name that the endpoint's certificate must have; empty without encryption.
  const std::string& tls_name() const { return tls_.name; }
  const std::string& address_text() const { return record_->address(); }
  const health::EndpointRecordPtr& record() const { return record_; }
  /// Null: the endpoint has none.
  limiters::CircuitBreaker* breaker() const { return breaker_.get(); }
  /// This worker's part of the record.
  health::EndpointStats& stats() { return endpoint_stats_; }

  /// Where this endpoint stands in the cluster's current snapshot; ~0 once it is gone. Kept by the cluster.
  std::uint32_t index = 0;

 protected:
  void lent();
  void given_back();
  void count_idle(std::int64_t change);

  observe::UpstreamStats& stats_;
  const io::TlsTarget tls_;

 private:
  const health::EndpointRecordPtr record_;
  const BreakerPtr breaker_;
  health::EndpointStats& endpoint_stats_;
  std::uint64_t busy_ = 0;
};

/// Makes the pool that an endpoint's protocol asks for. `config` and `stats` outlive it.
using MakePool = std::function<std::unique_ptr<EndpointPool>(io::Loop& loop, const conf::Upstream& config,
                                                             observe::UpstreamStats& stats,
                                                             const PlannedEndpoint& endpoint, unsigned worker)>;
std::unique_ptr<EndpointPool> make_pool(io::Loop& loop, const conf::Upstream& config, observe::UpstreamStats& stats,
                                        const PlannedEndpoint& endpoint, unsigned worker);

}  // namespace penstock::upstream
