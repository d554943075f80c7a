// This gateway's entries in registries, over reloads, and their end.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "conf/config.h"
#include "discovery/registry.h"
#include "gateway/deployment.h"

namespace penstock {

/// Belongs to the control thread.
class Announcements {
 public:
  /// What the deployment's configuration says, from now on: entries that are the same stay.
  void adopt(const Deployment& deployment);
  /// Takes all out; `done` once, when none is left or a second has passed.
  void withdraw(std::function<void()> done);

 private:
  struct Entry {
    conf::Announce what;
    std::shared_ptr<discovery::Registry> registry;
    std::unique_ptr<discovery::Announcement> announcement;  ///< null: the registry takes none
  };
  /// Withdraws, and keeps it until that is done.
  static void end(Entry entry, const std::function<void()>& done);

  std::vector<Entry> entries_;
};

}  // namespace penstock
