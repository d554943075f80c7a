// Everything that one side of a connection received: written by one thread, read by the test.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace penstock::e2e {

class Tape {
 public:
  void add(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (running_) bytes_ += bytes;
  }
  /// Forgets what comes from now on: for bodies too large to keep.
  void stop() {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  std::string bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  mutable std::mutex mutex_;
  std::string bytes_;
  bool running_ = true;
};

}  // namespace penstock::e2e
