#include "gateway/upstream/h1_pool.h"

#include <cassert>

namespace penstock::upstream {
H1Pool::H1Pool(io::Loop& loop, const conf::Upstream& config, observe::UpstreamStats& stats,
               const PlannedEndpoint& endpoint, unsigned worker)
    : EndpointPool(endpoint, stats, worker),
      loop_(loop),
      config_(config),
      address_(endpoint.endpoint.address),
      session_(tls_.context ? std::make_shared<io::ResumableSession>() : nullptr) {}

H1Pool::~H1Pool() {
  assert(unused());
  H1Pool::retire();
}

RequestStream* H1Pool::take(RequestStreamHandler& handler, const Wanted& wanted, ErrorKind& error) {
  loop_.assert_here();
  H1Connection* connection = wanted.fresh ? nullptr : idle_.pop_front();
  if (connection) {
    --idle_count_;
    count_idle(-1);
  } else {
    connection = open(wanted, error);
    if (!connection) return nullptr;
  }
  lent();
  connection->begin(handler, wanted.method);
  return connection;
}

H1Connection* H1Pool::open(const Wanted& wanted, ErrorKind& error) {
  if (busy() + idle_count_ >= config_.pool.max_connections) {
    error = ErrorKind::pool_full;
    return nullptr;
  }
  auto made = std::make_unique<H1Connection>(*this);
  stats_.connects.add();
  if (!made->connect(wanted.proxy_header, nanos(config_.timeouts.connect))) {
    connect_failed();
    error = ErrorKind::connect_failed;
    return nullptr;
  }
  return made.release();
}

void H1Pool::give_back(H1Connection& connection) {
  given_back();
  const bool keep = !retired_ && !is_for_one_client() && connection.reusable() && idle_count_ < config_.pool.max_idle &&
                    connection.requests() < config_.pool.requests_per_connection;
  if (!keep) {
    destroy(connection);
    return;
  }
  connection.park(nanos(config_.pool.idle));
  idle_.push_front(connection);
  ++idle_count_;
  count_idle(1);
}

void H1Pool::discard(H1Connection& connection) {
  assert(connection.linked());
  connection.unlink();
  --idle_count_;
  count_idle(-1);
  destroy(connection);
}

void H1Pool::destroy(H1Connection& connection) {
  connection.close();
  loop_.dispose(std::unique_ptr<io::Disposable>(&connection));
}

void H1Pool::retire() {
  loop_.assert_here();
  retired_ = true;
  while (H1Connection* connection = idle_.front()) discard(*connection);
}

}  // namespace penstock::upstream
