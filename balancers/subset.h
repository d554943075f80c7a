// Which endpoints a gateway connects to, where there are too many for every gateway to connect to all.
//
// Deterministic subsetting (Google, Site Reliability Engineering, chapter 20): gateways 0, 1, 2, … go by rounds; in
// each round the endpoints are put in an order of its own and dealt out, `size` to each gateway. The order is by hash,
// not a shuffle, so an endpoint that comes or goes moves the others by one place at most.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::balancers {

/// Indices into `names`, ascending: `size` (≥ 1) of them, or all if there are no more. The same endpoints from any
/// order of names.
///
/// A round is floor(names / size) gateways. In each, every endpoint is used once, but for names % size of them that are
/// left out, others in each round. If an endpoint comes or goes, at most one in each set changes. Only where that
/// changes the number of gateways in a round, those after the first round are dealt new sets.
std::vector<std::uint32_t> subset(const std::vector<std::string>& names, std::uint32_t size, std::uint32_t gateway);

}  // namespace penstock::balancers
