// The endpoints that stand in the configuration itself. Names among them are resolved off the loop, and again and
// again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "discovery/snapshot.h"
#include "gateway/base/deadline_wheel.h"

namespace penstock::io {
class Loop;
}

namespace penstock::discovery {

/// Lives on the control loop. A name that can't be resolved (any more) keeps the addresses that it had; one that never
/// could has none, and is asked for again. Every address of a name is an endpoint.
class StaticSource {
 public:
  using Publish = std::function<void(SnapshotPtr)>;
  using Warn = std::function<void(const std::string& message)>;
  /// Every name has been asked for once, with or without success. Once; at once if there are no names.
  using Settled = std::function<void()>;

  /// Publishes at once what needs no resolving, and later whatever changes; never from other threads.
  StaticSource(
      io::Loop& loop, const conf::Upstream& upstream, Publish publish, Warn warn, Settled settled = [] {});
  ~StaticSource();
  StaticSource(const StaticSource&) = delete;
  StaticSource& operator=(const StaticSource&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with look-ups under way
};

}  // namespace penstock::discovery
