// Why an endpoint is an outlier, in the words of the process log.
#pragma once

#include <string>

#include "gateway/base/deadline_wheel.h"

namespace penstock::health {

/// "10 s", "300 s", "1.5 s", "250 ms".
std::string duration_text(Nanos duration);
/// A ratio of 0 … 1: "97.5 %".
std::string percent_text(double ratio);

}  // namespace penstock::health
