// How requests have ended in the last seconds, in slots of one atomic word each.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace penstock::limiters {

/// Any thread; times are ns of one steady clock. Exact up to 131,071 requests a slot; beyond that all three counts of
/// the slot are halved, which leaves the ratios as they are.
class OutcomeWindow {
 public:
  static constexpr std::size_t kSlots = 10;

  struct Totals {
    std::uint32_t requests = 0;
    std::uint32_t failed = 0;
    std::uint32_t slow = 0;
  };

  /// `window_ns` at least 10 ms; it is forgotten in tenths.
  explicit OutcomeWindow(std::uint64_t window_ns) : slot_ns_(window_ns / kSlots) {}

  void record(bool failed, bool slow, std::uint64_t now_ns);
  Totals totals(std::uint64_t now_ns) const;
  /// False if none of the window's requests has failed or was slow: one load, while totals() reads all slots.
  bool any_bad(std::uint64_t now_ns) const;
  void clear();

 private:
  std::uint64_t slot_ns_;
  std::atomic<std::uint64_t> after_bad_{0};  ///< the number of the slot with the latest failed or slow request, plus 1
  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
};

}  // namespace penstock::limiters
