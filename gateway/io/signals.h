// Process signals on a loop.
#pragma once

#include <functional>
#include <initializer_list>
#include <vector>

struct uv_signal_s;

namespace penstock::io {

class Loop;

/// Calls back on the loop's thread with the signal's number. One per process and signal.
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  std::function<void(int)> on_signal_;
  std::vector<uv_signal_s*> handles_;  ///< freed when libuv has closed them
};

/// A peer that closes must be an error code, not the end of the process. Call once, before any thread is started.
void ignore_broken_pipes();

}  // namespace penstock::io
