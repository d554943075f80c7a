// What the process is doing with its life.
#pragma once

#include <string_view>

namespace penstock {

enum class Phase {
  starting,
  serving,
  draining,     ///< from the signal on, grace included
  handed_over,  ///< it drains because another process serves
};

/// As /readyz and /process tell it.
constexpr std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::starting:
      return "starting";
    case Phase::serving:
      return "serving";
    case Phase::draining:
    case Phase::handed_over:
      break;
  }
  return "draining";
}

constexpr bool drains(Phase phase) {
  return phase == Phase::draining || phase == Phase::handed_over;
}

}  // namespace penstock
