// The words of health: how an endpoint stands, how a request failed there, and why it was ejected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::health {

enum class State : std::uint8_t {
  healthy,
  unhealthy,  ///< by its active checks
  ejected,    ///< by what requests met
};
std::string_view name(State state);

/// Why an endpoint was ejected: a metric label.
enum class Ejection : std::uint8_t {
  consecutive_failures,
  connect_failures,
  failure_ratio,
  success_rate,
  latency,
  count_
};
inline constexpr std::size_t kEjections = static_cast<std::size_t>(Ejection::count_);
std::string_view name(Ejection reason);

/// How a request's attempt failed, as far as health is concerned. `refused`: nobody listens there.
enum class Failure : std::uint8_t { connect, refused, request };

}  // namespace penstock::health
