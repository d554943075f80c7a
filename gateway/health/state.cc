#include "gateway/health/state.h"

namespace penstock::health {

std::string_view name(State state) {
  switch (state) {
    case State::healthy:
      return "healthy";
    case State::unhealthy:
      return "unhealthy";
    case State::ejected:
      return "ejected";
  }
  return "";
}

std::string_view name(Ejection reason) {
  switch (reason) {
    case Ejection::consecutive_failures:
      return "consecutive_failures";
    case Ejection::connect_failures:
      return "connect_failures";
    case Ejection::failure_ratio:
      return "failure_ratio";
    case Ejection::success_rate:
      return "success_rate";
    case Ejection::latency:
      return "latency";
    case Ejection::count_:
      break;
  }
  return "";
}

}  // namespace penstock::health
