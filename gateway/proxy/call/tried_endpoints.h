// Which endpoints a request has been tried at.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "conf/config.h"

namespace penstock::proxy {

/// Indices into a cluster's plan, which mean something within one generation of it.
class TriedEndpoints {
 public:
  /// Forgets all if the indices don't mean the same endpoints any more.
  void follow(std::uint64_t generation) {
    if (generation != generation_) count_ = 0;
    generation_ = generation;
  }
  void note(std::uint32_t index) {
    const auto end = indices_.begin() + count_;
    if (count_ == indices_.size() || std::find(indices_.begin(), end, index) != end) return;
    indices_[count_++] = index;
  }
  void forget() { count_ = 0; }
  std::span<const std::uint32_t> all() const { return std::span(indices_).first(count_); }

 private:
  std::uint64_t generation_ = 0;
  std::uint8_t count_ = 0;
  std::array<std::uint32_t, conf::kMostAttempts> indices_{};
};

}  // namespace penstock::proxy
