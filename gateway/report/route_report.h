// Routes as the admin pages show them.
#pragma once

#include <vector>

#include "gateway/admin/pages.h"
#include "gateway/proxy/blueprint.h"

namespace penstock {

std::vector<admin::RouteView> route_views(const proxy::Blueprint& blueprint);

}  // namespace penstock
