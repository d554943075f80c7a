#include "gateway/upstream/pool.h"

#include "gateway/upstream/h1_pool.h"

namespace penstock::upstream {

EndpointPool::EndpointPool(const PlannedEndpoint& endpoint, observe::UpstreamStats& stats, unsigned worker)
    : stats_(stats),
      tls_(endpoint.tls),
      record_(endpoint.record),
      breaker_(endpoint.breaker),
      endpoint_stats_(record_->worker(worker)) {}

void EndpointPool::lent() {
  ++busy_;
  stats_.connections_active.add(1);
  stats_.in_flight.add(1);
  endpoint_stats_.active.add(1);
  endpoint_stats_.in_flight.add(1);
  endpoint_stats_.requests.add();
}

void EndpointPool::given_back() {
  --busy_;
  stats_.connections_active.add(-1);
  stats_.in_flight.add(-1);
  endpoint_stats_.active.add(-1);
  endpoint_stats_.in_flight.add(-1);
}

void EndpointPool::count_idle(std::int64_t change) {
  stats_.connections_idle.add(change);
  endpoint_stats_.idle.add(change);
}

std::unique_ptr<EndpointPool> make_pool(io::Loop& loop, const conf::Upstream& config, observe::UpstreamStats& stats,
                                        const PlannedEndpoint& endpoint, unsigned worker) {
  return std::make_unique<H1Pool>(loop, config, stats, endpoint, worker);
}

}  // namespace penstock::upstream
