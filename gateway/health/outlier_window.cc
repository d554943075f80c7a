#include "gateway/health/outlier_window.h"

#include <algorithm>

namespace penstock::health {
namespace {

std::uint64_t since(std::uint64_t now, std::uint64_t seen) {
  return now >= seen ? now - seen : now;
}

}  // namespace

OutlierWindow::OutlierWindow(std::size_t slots, bool with_latency)
    : slot_count_(std::max<std::size_t>(slots, 1)), with_latency_(with_latency) {}

void OutlierWindow::start_from(const OutlierSample& sample) {
  clear();
  seen_requests_ = sample.requests;
  seen_failures_ = sample.failures;
  latency_.reset();
  if (!with_latency_ || sample.latency.total() == 0) return;
  latency_ = std::make_unique<Latency>();
  latency_->seen = sample.latency;
}

void OutlierWindow::observe(const OutlierSample& sample) {
  if (slots_.empty()) slots_.resize(slot_count_);
  Slot& slot = slots_[open_];
  const std::uint64_t requests = since(sample.requests, std::exchange(seen_requests_, sample.requests));
  const std::uint64_t failures = since(sample.failures, std::exchange(seen_failures_, sample.failures));
  // The counters are read one after the other while workers count on.
  const std::uint64_t failed = std::min(failures, slot.requests + requests - slot.failures);
  slot.requests += requests;
  slot.failures += failed;
  requests_ += requests;
  failures_ += failed;
  if (with_latency_) observe_latency(sample.latency, slot);
}

void OutlierWindow::observe_latency(const observe::LatencyCounts& counts, Slot& slot) {
  if (!latency_) latency_ = std::make_unique<Latency>();
  for (std::size_t i = 0; i < observe::LatencyCounts::kBuckets; ++i) {
    const std::uint64_t moved = since(counts.at(i), latency_->seen.at(i));
    if (moved == 0) continue;
    slot.latency.emplace_back(static_cast<std::uint8_t>(i), static_cast<std::uint32_t>(moved));
    latency_->sum.add(i, moved);
  }
  latency_->seen = counts;
}

void OutlierWindow::slide() {
  if (slots_.empty()) return;
  open_ = (open_ + 1) % slots_.size();
  Slot& oldest = slots_[open_];
  requests_ -= oldest.requests;
  failures_ -= oldest.failures;
  for (const auto& [bucket, count] : oldest.latency) latency_->sum.remove(bucket, count);
  oldest.requests = oldest.failures = 0;
  oldest.latency.clear();
  if (requests_ == 0) clear();
}

void OutlierWindow::clear() {
  requests_ = failures_ = 0;
  std::vector<Slot>().swap(slots_);
  open_ = 0;
  if (latency_) latency_->sum = {};
}

const observe::LatencyCounts& OutlierWindow::latency() const {
  static const observe::LatencyCounts kNone;
  return latency_ ? latency_->sum : kNone;
}

}  // namespace penstock::health
