// A value of the metrics page.
#pragma once

#include <string>

namespace penstock::e2e {

/// Of the series as it is written there, with its labels: "penstock_errors_total{reason=\"draining\"}". "none" if it is
/// not there.
inline std::string metric_in(const std::string& page, const std::string& series) {
  const std::size_t at = page.find("\n" + series + " ");
  if (at == std::string::npos) return "none";
  const std::size_t value = at + series.size() + 2;
  return page.substr(value, page.find('\n', value) - value);
}

}  // namespace penstock::e2e
