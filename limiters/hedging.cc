#include "limiters/hedging.h"

#include <algorithm>

namespace penstock::limiters {
namespace {

/// From what stands for a bucket to its upper end, and a little more: where all answers take the same, hardly one is
/// above it.
constexpr double kToUpperEnd = 1 + 1.05 * LatencyBuckets::kRelativeError;

}  // namespace

void Hedging::answered(std::uint64_t took_ns, std::uint64_t now_ns) {
  if (latest_.count() >= kLeastSamples && now_ns - window_began_ns_ >= kWindow_ns) {
    before_ = latest_;
    latest_.clear();
    window_began_ns_ = now_ns;
  }
  if (window_began_ns_ == 0) window_began_ns_ = now_ns;
  latest_.add(took_ns);
  // A look at the sketches takes a microsecond or two, which is so shared by a hundred answers.
  if (++unseen_ == kLeastSamples) look();
}

void Hedging::gave_up(std::uint64_t after_ns, std::uint64_t now_ns) {
  if (after_ns >= p95_ns_) answered(after_ns, now_ns);
}

void Hedging::look() {
  unseen_ = 0;
  LatencySketch both = before_;
  both.merge(latest_);
  p95_ns_ = static_cast<std::uint64_t>(both.quantile(0.95) * kToUpperEnd);
}

void Hedging::count_request() {
  saved_ = std::min(saved_ + 1, kMostSaved * kRequestsPerHedge);
}

bool Hedging::try_hedge() {
  if (saved_ < kRequestsPerHedge) return false;
  saved_ -= kRequestsPerHedge;
  return true;
}

}  // namespace penstock::limiters
