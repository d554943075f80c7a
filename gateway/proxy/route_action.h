// What each request needs of its route, in 32 bytes.
//
// The route itself is some 400 bytes and a page of memory apart from the next one in use: with 10,000 of them, reading
// it cost a TLB miss a request, and 3 % of a request's CPU.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/filters/chains/chain_table.h"

namespace penstock::proxy {

struct alignas(32) RouteAction {
  static constexpr std::uint32_t kNoUpstream = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint64_t kListenersMaxBody = conf::kUnlimited - 1;

  std::uint64_t max_body = kListenersMaxBody;  ///< kListenersMaxBody: no override
  std::uint32_t upstream = kNoUpstream;        ///< kNoUpstream: a direct answer or a redirect
  std::uint32_t first_byte_ms = 0;
  std::uint32_t idle_ms = 0;
  std::uint32_t total_ms = 0;  ///< 0: none was written
  bool retries = false;        ///< there is a policy for them
  bool hedges = false;         ///< which asks for hedges
  bool falls_back = false;     ///< the route has a fallback
  bool resends = false;        ///< a request may be sent twice: by a retry, or to the fallback's upstream
  bool filters = false;        ///< the route has some: see Blueprint::chains
  conf::Priority priority = conf::Priority::normal;
  std::uint16_t cost = 1;  ///< at token buckets

  Nanos first_byte() const { return first_byte_ms * kNanosPerMilli; }
  Nanos idle() const { return idle_ms * kNanosPerMilli; }
};

/// Indexed like config.routes.
std::vector<RouteAction> make_route_actions(const conf::Config& config, const filters::ChainTable& chains);

/// The same request sent to another upstream, as that one has it; without a further fallback.
RouteAction make_fallback_action(const RouteAction& of_route, const conf::Config& config, std::uint32_t upstream);

}  // namespace penstock::proxy
