#include "gateway/health/outlier_text.h"

#include <array>
#include <cstdio>

namespace penstock::health {
namespace {

std::string with_unit(double value, const char* unit) {
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%.3g %s", value, unit);
  return text.data();
}

}  // namespace

std::string duration_text(Nanos duration) {
  if (duration < kNanosPerSecond) return with_unit(static_cast<double>(duration) / 1e6, "ms");
  if (duration % kNanosPerSecond == 0) return std::to_string(duration / kNanosPerSecond) + " s";
  return with_unit(static_cast<double>(duration) / 1e9, "s");
}

std::string percent_text(double ratio) {
  return with_unit(ratio * 100, "%");
}

}  // namespace penstock::health
