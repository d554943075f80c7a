// Routes that an engineer has switched to their fallback.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock::proxy {

/// By route index. Any thread.
class RouteSwitches {
 public:
  explicit RouteSwitches(std::size_t routes) : set_(routes) {}

  bool is_set(std::size_t route) const { return set_[route].load(std::memory_order_relaxed) != 0; }
  void set(std::size_t route, bool on) { set_[route].store(on, std::memory_order_relaxed); }

 private:
  std::vector<std::atomic<std::uint8_t>> set_;
};

}  // namespace penstock::proxy
