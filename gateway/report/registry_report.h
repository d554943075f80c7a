// Registries as the admin pages and the metrics show them.
#pragma once

#include <vector>

#include "gateway/admin/pages.h"
#include "gateway/deployment/deployment.h"
#include "gateway/observe/metrics.h"

namespace penstock {

/// `now`: steady.
std::vector<admin::RegistryView> registry_views(const Deployment& deployment, Nanos now);
std::vector<admin::DiscoveryView> discovery_views(const Deployment& deployment, Nanos now);

void add_metrics_of_registries(const Deployment& deployment, Nanos now, observe::MetricsInput& input);

}  // namespace penstock
