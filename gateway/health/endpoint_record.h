// What the process knows of one endpoint of one upstream. It outlives snapshots and workers' views: whatever has been
// learned of an address is here.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/observe/latency_histogram.h"
#include "gateway/observe/stats.h"

namespace penstock::health {

/// Written by one worker, read by the control thread.
struct alignas(64) EndpointStats {
  observe::Gauge in_flight;
  observe::Gauge idle;    ///< connections
  observe::Gauge active;  ///< connections
  observe::Counter requests;
  observe::Counter failures;  ///< of them, as conf::Outlier has it
  observe::Gauge latency_us;  ///< peak EWMA of the time to the first byte; 0 = unknown
  observe::LazyLatencyHistogram latency;
};

/// Shared by the control thread, which makes it, and the workers.
class EndpointRecord {
 public:
  EndpointRecord(std::string id, std::string address, unsigned workers)
      : id_(std::move(id)), address_(std::move(address)), workers_(workers) {}

  const std::string& id() const { return id_; }
  const std::string& address() const { return address_; }
  EndpointStats& worker(unsigned index) { return workers_[index]; }
  const std::vector<EndpointStats>& workers() const { return workers_; }

  // ---- any thread: failures in a row over all workers
  /// How many they are now.
  std::uint32_t failed() { return failures_in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1; }
  void succeeded() {
    if (failures_in_a_row_.load(std::memory_order_relaxed) != 0) failures_in_a_row_.store(0, std::memory_order_relaxed);
  }
  /// It starts anew: it has been taken back.
  void forget_failures_in_a_row() { failures_in_a_row_.store(0, std::memory_order_relaxed); }
  std::uint32_t failures_in_a_row() const { return failures_in_a_row_.load(std::memory_order_relaxed); }

 private:
  const std::string id_;
  const std::string address_;
  std::vector<EndpointStats> workers_;
  alignas(64) std::atomic<std::uint32_t> failures_in_a_row_{0};
};

using EndpointRecordPtr = std::shared_ptr<EndpointRecord>;

}  // namespace penstock::health
