// What all exchanges of one worker share.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "conf/config.h"
#include "gateway/base/http_date.h"
#include "gateway/base/random.h"
#include "gateway/base/request_id.h"
#include "gateway/base/slab.h"
#include "gateway/http/h1_codec.h"
#include "gateway/io/loop.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/stats.h"
#include "gateway/proxy/connection_counts.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/forwarding.h"
#include "gateway/proxy/view.h"

namespace penstock::proxy {

class Downstream;

/// A listener's side of one configuration, in the form that connections use. Belongs to one worker; lives as long as
/// the last connection that was accepted under it.
struct ListenerContext {
  ListenerContext(conf::Listener listener, std::shared_ptr<ConnectionCounts> connection_counts)
      : config(std::move(listener)),
        counts(std::move(connection_counts)),
        limits{config.max.request_line, config.max.header_bytes, config.max.header_fields} {}

  const conf::Listener config;
  const std::shared_ptr<ConnectionCounts> counts;  ///< of the listener, whatever its configuration, in all workers
  const http::HeadLimits limits;
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
