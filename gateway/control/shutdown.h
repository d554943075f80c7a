// The end of a gateway that serves: out of the registries first, then without new connections, until the last is done.
#pragma once

#include <cstddef>

#include "gateway/base/deadline_wheel.h"
#include "gateway/control/announcements.h"
#include "gateway/control/data_plane.h"
#include "gateway/io/loop.h"

namespace penstock {

/// Belongs to the control thread. What it is given outlives it. At its end it stops the loop.
class Shutdown {
 public:
  Shutdown(io::Loop& loop, DataPlane& plane, Announcements& announcements);

  /// First of all, whoever finds us in a registry is told that we leave. Whoever does needs a while to heed it, and
  /// sends requests meanwhile: for conf::Config::drain_grace all else goes on as before. Then drain(). Once.
  void begin();
  /// At once. Once, and not after begin().
  void drain();

 private:
  void may_drain();

  io::Loop& loop_;
  DataPlane& plane_;
  Announcements& announcements_;
  std::size_t before_drain_ = 0;  ///< what is still to come
  std::size_t draining_ = 0;      ///< workers
  Deadline grace_;
};

}  // namespace penstock
