// What requests met at one endpoint in the last seconds: a window that slides in slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/observe/latency_histogram.h"

namespace penstock::health {

/// What an endpoint's workers have counted since they began, added up.
struct OutlierSample {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint32_t failures_in_a_row = 0;  ///< as they are now
  observe::LatencyCounts latency;
};

/// Pure. Some 100 bytes a slot while there is something in them; 1.5 KiB more from the first request on if latencies
/// are counted.
class OutlierWindow {
 public:
  /// `slots` ≥ 1, the open one included.
  OutlierWindow(std::size_t slots, bool with_latency);

  /// The counters begin here: of what they say, nothing has happened yet.
  void start_from(const OutlierSample& sample);
  /// What has been counted since the last call goes into the open slot. Counters that are lower than they were have
  /// been started anew.
  void observe(const OutlierSample& sample);
  /// Closes the open slot, and forgets the oldest.
  void slide();
  /// Forgets all slots, and frees their memory; the counters go on where they are.
  void clear();

  std::uint64_t requests() const { return requests_; }
  /// ≤ requests().
  std::uint64_t failures() const { return failures_; }
  /// Empty if latencies are not counted.
  const observe::LatencyCounts& latency() const;

 private:
  struct Slot {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    std::vector<std::pair<std::uint8_t, std::uint32_t>> latency;  ///< bucket, count: few of the 89 are used in a second
  };
  struct Latency {
    observe::LatencyCounts seen;  ///< by the counters
    observe::LatencyCounts sum;   ///< of the slots
  };
  void observe_latency(const observe::LatencyCounts& counts, Slot& slot);

  // Constant.
  std::size_t slot_count_;
  bool with_latency_;

  std::uint64_t seen_requests_ = 0;
  std::uint64_t seen_failures_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t failures_ = 0;
  std::vector<Slot> slots_;  ///< empty, or slot_count_ of them in a ring
  std::size_t open_ = 0;
  std::unique_ptr<Latency> latency_;
};

}  // namespace penstock::health
