#include "gateway/upstream/pool.h"

#include <cassert>

namespace penstock::upstream {
namespace {

Nanos nanos(conf::milliseconds duration) {
  return static_cast<Nanos>(duration.count()) * kNanosPerMilli;
}

}  // namespace

EndpointPool::EndpointPool(io::Loop& loop, const conf::Upstream& upstream, observe::UpstreamStats& stats,
                           const PlannedEndpoint& endpoint, unsigned worker)
    : loop_(loop),
      upstream_(upstream),
      stats_(stats),
      address_(endpoint.endpoint.address),
      tls_(endpoint.tls),
      session_(tls_.context ? std::make_shared<io::ResumableSession>() : nullptr),
      record_(endpoint.record),
      breaker_(endpoint.breaker),
      endpoint_stats_(record_->worker(worker)) {}

EndpointPool::~EndpointPool() {
  assert(busy_ == 0);
  retire();
}

Connection* EndpointPool::take(AttemptHandler& handler, http::Method method, bool fresh, std::string_view proxy_header,
                               ErrorKind& error) {
  Connection* connection = fresh ? nullptr : idle_.pop_front();
  if (connection) {
    --idle_count_;
    stats_.connections_idle.add(-1);
    endpoint_stats_.idle.add(-1);
  } else {
    if (busy_ + idle_count_ >= upstream_.pool.max_connections) {
      error = ErrorKind::pool_full;
      return nullptr;
    }
    auto made = std::make_unique<Connection>(*this);
    stats_.connects.add();
    if (!made->connect(proxy_header, nanos(upstream_.timeouts.connect))) {
      connect_failed();
      error = ErrorKind::connect_failed;
      return nullptr;
    }
    connection = made.release();
  }
  ++busy_;
  stats_.connections_active.add(1);
  stats_.in_flight.add(1);
  endpoint_stats_.active.add(1);
  endpoint_stats_.in_flight.add(1);
  endpoint_stats_.requests.add();
  connection->begin(handler, method);
  return connection;
}

void EndpointPool::give_back(Connection& connection) {
  --busy_;
  stats_.connections_active.add(-1);
  stats_.in_flight.add(-1);
  endpoint_stats_.active.add(-1);
  endpoint_stats_.in_flight.add(-1);
  // A connection that has begun with a client's PROXY header is that client's alone.
  const bool keep = !retired_ && !upstream_.proxy_protocol && connection.reusable() &&
                    idle_count_ < upstream_.pool.max_idle &&
                    connection.requests_ < upstream_.pool.requests_per_connection;
  if (!keep) {
    destroy(connection);
    return;
  }
  connection.park(nanos(upstream_.pool.idle));
  idle_.push_front(connection);
  ++idle_count_;
  stats_.connections_idle.add(1);
  endpoint_stats_.idle.add(1);
}

void EndpointPool::discard(Connection& connection) {
  assert(connection.linked());
  connection.unlink();
  --idle_count_;
  stats_.connections_idle.add(-1);
  endpoint_stats_.idle.add(-1);
  destroy(connection);
}

void EndpointPool::destroy(Connection& connection) {
  connection.close();
  loop_.dispose(std::unique_ptr<io::Disposable>(&connection));
}

void EndpointPool::retire() {
  retired_ = true;
  while (Connection* connection = idle_.front()) discard(*connection);
}

}  // namespace penstock::upstream
