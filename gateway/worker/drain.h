// The end of a worker's connections, without losing a request.
#pragma once

#include <functional>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/proxy/context.h"

namespace penstock {

/// Starts at once, on the worker's thread. The caller has seen to it that answers carry "Connection: close" from now
/// on. Connections that rest are given a moment, because a request may be on its way on them, and are then closed;
/// those that have only just been made are given more, for a request surely is. After `timeout` the rest is cut.
class Drain {
 public:
  using Which = std::function<bool(const proxy::ClientConnection&)>;
  /// `done`: none is left. `which`: only these connections.
  Drain(
      proxy::Context& context, conf::milliseconds timeout, std::function<void()> done,
      Which which = [](const proxy::ClientConnection&) { return true; });
  bool over() const { return over_; }

 private:
  void look();

  proxy::Context& context_;
  std::function<void()> done_;
  const Which which_;
  const Nanos close_idle_at_;
  const Nanos close_fresh_at_;
  const Nanos cut_at_;
  bool over_ = false;
  Deadline next_look_;
};

}  // namespace penstock
