#include "gateway/observe/stats.h"

#include <bit>
#include <limits>

#include "gateway/base/enum_names.h"

namespace penstock::observe {
namespace {

constexpr std::size_t kBounds = kDurationBounds.size();

// A duration's bit width says between which two powers of two it lies. No two bounds share such an octave, so the width
// gives the bucket but for one comparison.
struct BucketIndex {
  std::array<std::uint64_t, kBounds + 1> bound_ns{};  // the last compares with nothing: +Inf
  std::array<std::uint8_t, 65> first{};               // by bit width: the first bucket that the octave may fall into
  bool one_bound_per_octave = true;

  constexpr BucketIndex() {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): none is negative, and lround can't be had while compiling
    for (std::size_t i = 0; i < kBounds; ++i) bound_ns[i] = static_cast<std::uint64_t>(kDurationBounds[i] * 1e9 + 0.5);
    bound_ns[kBounds] = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i + 1 < kBounds; ++i) {
      if (std::bit_width(bound_ns[i]) == std::bit_width(bound_ns[i + 1])) one_bound_per_octave = false;
    }
    std::uint8_t bucket = 0;
    for (std::size_t width = 0; width < first.size(); ++width) {
      while (bucket < kBounds && static_cast<std::size_t>(std::bit_width(bound_ns[bucket])) < width) ++bucket;
      first[width] = bucket;
    }
  }
};
constexpr BucketIndex kIndex;
static_assert(kIndex.one_bound_per_octave);

constexpr int kStatusMin = 100;
constexpr int kStatusMax = 599;

constexpr std::uint32_t key_of(http::Method method, int status) {
  return static_cast<std::uint32_t>(status) << 8 | static_cast<std::uint32_t>(method);  // never 0: status is not
}

}  // namespace

std::string_view name(HandshakeResult result) {
  static constexpr EnumNames<HandshakeResult, kHandshakeResults> kNames(
      "full", "resumed", "closed", "plain_http", "unsupported", "certificate", "refused", "protocol", "timeout");
  return kNames[result];
}

std::string_view name(RetryReason reason) {
  static constexpr EnumNames<RetryReason, kRetryReasons> kNames("stale_connection", "connect_failure", "reset",
                                                                "timeout", "status", "hedge");
  return kNames[reason];
}

std::string_view name(ProxyHeaderFailure failure) {
  static constexpr EnumNames<ProxyHeaderFailure, kProxyHeaderFailures> kNames("malformed", "cut", "timeout");
  return kNames[failure];
}

std::string_view name(ConnectionBound bound) {
  static constexpr EnumNames<ConnectionBound, kConnectionBounds> kNames("connections", "connections_per_client");
  return kNames[bound];
}

std::string_view name(DegradeReason reason) {
  static constexpr EnumNames<DegradeReason, kDegradeReasons> kNames("rate_limit", "overload", "circuit_open",
                                                                    "no_endpoint", "failure", "by_hand");
  return kNames[reason];
}

void DurationHistogram::observe(std::uint64_t duration_ns) {
  const std::size_t first = kIndex.first[static_cast<std::size_t>(std::bit_width(duration_ns))];
  buckets_[first + (duration_ns > kIndex.bound_ns[first])].add();
  sum_ns_.add(duration_ns);
}

void RequestCounts::add(http::Method method, int status) {
  if (status < kStatusMin || status > kStatusMax) return overflow_[static_cast<std::size_t>(method)].add();
  const std::uint32_t key = key_of(method, status);
  // In the order of their first appearance: a route has few, and the usual one is found at once.
  for (Slot& slot : slots_) {
    const std::uint32_t found = slot.key.load(std::memory_order_relaxed);
    if (found == key) return slot.count.add();
    if (found == 0) {
      slot.count.add();
      slot.key.store(key, std::memory_order_release);  // a reader that sees the key sees the first count
      return;
    }
  }
  overflow_[static_cast<std::size_t>(method)].add();
}

std::vector<RequestCounts::Row> RequestCounts::rows() const {
  std::vector<Row> rows;
  for (const Slot& slot : slots_) {
    const std::uint32_t key = slot.key.load(std::memory_order_acquire);
    if (key == 0) continue;
    rows.push_back({static_cast<http::Method>(key & 0xff), static_cast<int>(key >> 8), slot.count.value()});
  }
  for (std::size_t method = 0; method < overflow_.size(); ++method) {
    const std::uint64_t count = overflow_[method].value();
    if (count > 0) rows.push_back({static_cast<http::Method>(method), 0, count});
  }
  return rows;
}

}  // namespace penstock::observe
