// What the admin listener shows of a gateway.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/admin/pages.h"
#include "gateway/control/admin_door.h"
#include "gateway/control/data_plane.h"
#include "gateway/control/handover.h"
#include "gateway/control/phase.h"
#include "gateway/control/reloads.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/stats.h"

namespace penstock {

/// Belongs to the control thread.
class GatewayPages final : public admin::AdminSource {
 public:
  /// All outlive it.
  struct Parts {
    const Phase& phase;
    const DataPlane& plane;
    const Reloads& reloads;
    const Handover& handover;
    const AdminDoor& admin;
    const std::unique_ptr<observe::AccessLog>& access_log;  ///< null: there is none
    const observe::DurationHistogram& loop_lag;             ///< the control thread's
    const conf::Config& first;                              ///< shown until one is in force
    double started_unix_s;
  };
  explicit GatewayPages(const Parts& parts) : parts_(parts) {}

  std::string metrics_text() const override;
  std::vector<admin::UpstreamView> upstreams() const override;
  std::vector<admin::RouteView> routes() const override;
  std::vector<admin::LimitView> limits() const override;
  std::vector<admin::RegistryView> registries() const override;
  std::vector<admin::DiscoveryView> discoveries() const override;
  std::string process_text() const override;
  std::string config_text() const override;
  bool ready() const override { return parts_.phase == Phase::serving; }
  std::string not_ready_reason() const override { return std::string(name(parts_.phase)); }

 private:
  const Parts parts_;
};

}  // namespace penstock
