#include "gateway/filters/chains/chain_table.h"

#include <array>
#include <memory>

#include "gateway/filters/fields_filter.h"
#include "gateway/filters/limits/limits_filter.h"
#include "gateway/filters/rewrite_filter.h"

namespace penstock::filters {
namespace {

/// What a filter is made from.
struct Route {
  std::uint32_t index;
  const conf::Route& config;
  const conf::Config& all;
  const LimitTable& limits;
};

/// Null: the route has none.
using Make = std::unique_ptr<const Filter> (*)(const Route& route);

std::unique_ptr<const Filter> make_limits(const Route& route) {
  const auto gates = route.limits.gates(route.index);
  const auto fallback_gates = route.limits.fallback_gates(route.index);
  if (gates.empty() && fallback_gates.empty()) return nullptr;
  return std::make_unique<LimitsFilter>(gates, fallback_gates, route.all.rate_limit_headers);
}

std::unique_ptr<const Filter> make_rewrite(const Route& route) {
  return route.config.rewrite ? std::make_unique<RewriteFilter>(*route.config.rewrite) : nullptr;
}

std::unique_ptr<const Filter> make_request_fields(const Route& route) {
  const conf::FieldChanges& changes = route.config.fields.request;
  return changes.empty() ? nullptr : std::make_unique<RequestFieldsFilter>(changes);
}

std::unique_ptr<const Filter> make_response_fields(const Route& route) {
  const conf::FieldChanges& changes = route.config.fields.response;
  return changes.empty() ? nullptr : std::make_unique<ResponseFieldsFilter>(changes);
}

/// All filters, in the order in which a request meets them; its answer meets them backwards.
constexpr std::array<Make, 4> kOrder = {
    make_response_fields,  // the last word on what the client gets, whatever the others have put into their answers
    make_limits,           // before all work: what is refused is to cost next to nothing
    make_rewrite,          // behind whatever judges the path: rules are about the path that the client has asked for
    make_request_fields,   // the last word on what the upstream gets
};

}  // namespace

ChainTable::ChainTable(const conf::Config& config, const LimitTable& limits) {
  StateLayout layout;
  chains_.resize(config.routes.size());
  for (std::uint32_t i = 0; i < chains_.size(); ++i) {
    for (const Make make : kOrder) {
      if (auto filter = make({i, config.routes[i], config, limits})) chains_[i].add(std::move(filter), layout);
    }
  }
  layout_ = std::make_shared<const StateLayout>(std::move(layout));
}

}  // namespace penstock::filters
