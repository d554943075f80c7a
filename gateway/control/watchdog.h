// Signs of life for the service manager, which restarts a process that gives none.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "gateway/io/loop.h"
#include "gateway/worker/worker.h"

namespace penstock {

/// Belongs to the control thread. Alive is who turns all its loops: each worker is asked for an answer, and until the
/// last one has given it no sign is given.
class Watchdog {
 public:
  /// `within`: there must be a sign in any such time. It is given four times as often, at most.
  Watchdog(io::Loop& loop, const std::vector<std::unique_ptr<Worker>>& workers, Nanos within,
           std::function<void()> alive);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void look();

  io::Loop& loop_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  const Nanos every_;
  const std::function<void()> alive_;
  std::shared_ptr<std::atomic<std::size_t>> unanswered_;
  bool silent_ = false;
  Deadline next_look_;
};

}  // namespace penstock
