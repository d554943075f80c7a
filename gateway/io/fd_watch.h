// Readiness of a descriptor that some library owns, told on a loop.
#pragma once

#include <functional>

struct uv_poll_s;

namespace penstock::io {

class Loop;

/// Belongs to the loop's thread. The descriptor stays its owner's, and must not be closed before this is destroyed.
class FdWatch {
 public:
  /// `ready` may destroy this. An error of the descriptor is told as both.
  using Ready = std::function<void(bool readable, bool writable)>;
  FdWatch(Loop& loop, int fd, Ready ready);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  /// What to wait for from now on; nothing at first.
  void want(bool readable, bool writable);

 private:
  struct State;
  State* state_;  ///< freed when libuv has closed its handle
};

}  // namespace penstock::io
