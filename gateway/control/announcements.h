// This gateway's entries in registries, over reloads, and their end.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "conf/config.h"
#include "discovery/registry.h"
#include "gateway/deployment/deployment.h"

namespace penstock {

/// Belongs to the control thread.
class Announcements {
 public:
  /// What the deployment's configuration says, from now on: entries that are the same stay.
  void adopt(const Deployment& deployment);
  /// All are in their registries.
  bool stand() const;
  /// Takes all out; `done` once, when none is left or a second has passed.
  void withdraw(std::function<void()> done);
  /// Another process stands in for this one from now on: entries that it makes, too, are left to it as they are, and
  /// not kept up here any more; the others are taken out.
  void leave_to_successor(const std::set<std::string>& its_entries);
  /// Each entry's place: registry, service and address.
  static std::set<std::string> entries_of(const conf::Config& config);

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
