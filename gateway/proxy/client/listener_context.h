// What a listener's connections are served by.
#pragma once

#include <memory>
#include <utility>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/http/h1_head.h"
#include "gateway/io/tls/context.h"
#include "gateway/observe/stats.h"
#include "gateway/proxy/client/connection_counts.h"

namespace penstock::proxy {

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

}  // namespace penstock::proxy
