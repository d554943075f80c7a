// What all exchanges of one worker share.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "conf/config.h"
#include "gateway/base/http_date.h"
#include "gateway/base/ip.h"
#include "gateway/base/random.h"
#include "gateway/base/request_id.h"
#include "gateway/base/slab.h"
#include "gateway/http/h1_codec.h"
#include "gateway/io/loop.h"
#include "gateway/io/tls/context.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/stats.h"
#include "gateway/proxy/connection_counts.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/forwarding.h"
#include "gateway/proxy/view.h"

namespace penstock::proxy {

class Downstream;

/// What a listener's connections are served by; all workers get the same.
struct ListenerParts {
  conf::Listener config;
  io::ServerTlsPtr tls = nullptr;                          ///< null: no encryption
  std::shared_ptr<observe::TlsStats> tls_stats = nullptr;  ///< with `tls`
  std::shared_ptr<ConnectionCounts> counts = nullptr;      ///< of the listener, whatever its configuration
};

/// A listener's side of one configuration, in the form that connections use. Belongs to one worker; lives as long as
/// the last connection that was accepted under it.
struct ListenerContext {
  explicit ListenerContext(ListenerParts parts)
      : config(std::move(parts.config)),
        tls(std::move(parts.tls)),
        tls_stats(std::move(parts.tls_stats)),
        counts(std::move(parts.counts)),
        limits{config.max.request_line, config.max.header_bytes, config.max.header_fields} {
    if (config.proxy_protocol) introducers = CidrSet::of(config.proxy_protocol->from);
  }

  const conf::Listener config;
  const io::ServerTlsPtr tls;
  const std::shared_ptr<observe::TlsStats> tls_stats;
  const std::shared_ptr<ConnectionCounts> counts;
  const http::HeadLimits limits;
  CidrSet introducers;  ///< whose connections begin with a PROXY header
  /// The listener is gone: answers close their connections. One for all of its configurations.
  std::shared_ptr<bool> closing = std::make_shared<bool>(false);
};
using ListenerContextPtr = std::shared_ptr<ListenerContext>;

/// Belongs to one worker's thread; outlives its connections.
struct Context {
  Context(io::Loop& l, observe::WorkerStats& s, observe::AccessLogRing* log_ring, unsigned number, std::uint64_t seed)
      : loop(l), stats(s), log(log_ring), worker(number), ids(seed), random(~seed) {}

  io::Loop& loop;
  ViewRef view;  ///< the one that new requests begin under
  observe::WorkerStats& stats;
  observe::AccessLogRing* log;  ///< null: no access log
  const unsigned worker;
  RequestIdGenerator ids;
  Random random;
  HttpDate date;
  bool draining = false;  ///< answers close their connections

  // Lent out, so that an idle connection holds none of it and a request allocates nothing.
  Recycler<Exchange> exchanges;
  Recycler<http::H1RequestParser> parsers;
  FieldSet fields;  ///< while one head is put together

  IntrusiveList<Downstream> connections;
};

}  // namespace penstock::proxy
