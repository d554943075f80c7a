// What people and Prometheus see of an upstream.
#pragma once

#include "gateway/admin/pages.h"
#include "gateway/observe/metrics.h"
#include "gateway/upstream/supervisor.h"

namespace penstock {

/// Control thread.
admin::UpstreamView view_of(const upstream::Supervisor& supervisor);

/// Views into the supervisor's plan: valid until its next snapshot. Control thread.
observe::UpstreamHealth health_metrics_of(const upstream::Supervisor& supervisor);

}  // namespace penstock
