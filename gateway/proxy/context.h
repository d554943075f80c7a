// What all exchanges of one worker share.
#pragma once

#include <cstdint>

#include "gateway/base/http_date.h"
#include "gateway/base/ip.h"
#include "gateway/base/random.h"
#include "gateway/base/request_id.h"
#include "gateway/base/slab.h"
#include "gateway/http/h1_codec.h"
#include "gateway/io/loop.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/stats.h"
#include "gateway/proxy/client_connection.h"
#include "gateway/proxy/exchange.h"
#include "gateway/proxy/forwarding.h"
#include "gateway/proxy/view.h"

namespace penstock::proxy {

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

  IntrusiveList<ClientConnection> connections;
};

}  // namespace penstock::proxy
