// What an engineer can ask a running gateway to do, by the admin listener.
#pragma once

#include <vector>

#include "gateway/admin/actions.h"
#include "gateway/control/data_plane.h"
#include "gateway/control/handover.h"
#include "gateway/control/reloads.h"

namespace penstock {

/// All that there are; to be done on the control thread. What they are given outlives them.
std::vector<admin::Action> gateway_actions(DataPlane& plane, Reloads& reloads, Handover& handover);

}  // namespace penstock
