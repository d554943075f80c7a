// What people and Prometheus see of limits.
#pragma once

#include <vector>

#include "gateway/admin/pages.h"
#include "gateway/filters/limits/limit_table.h"
#include "gateway/observe/metrics.h"

namespace penstock {

/// Control thread.
std::vector<admin::LimitView> limit_views(const filters::LimitTable& limits);

/// Views into the table. Control thread.
std::vector<observe::LimitMetrics> limit_metrics_of(const filters::LimitTable& limits);

}  // namespace penstock
