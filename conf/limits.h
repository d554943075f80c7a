// Limits, and what they tell requests apart by. A part of conf/config.h, which says what holds for all of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace penstock::conf {

using std::chrono::milliseconds;

/// What requests are told apart by: "client_ip", "header:NAME", "cookie:NAME", "query:NAME", "path".
struct RequestKey {
  enum class From { client_ip, header, cookie, query, path };
  From from = From::client_ip;
  std::string name;  ///< a header's in lower case; empty for client_ip and path

  /// As users write it.
  std::string text() const;
  friend bool operator==(const RequestKey&, const RequestKey&) = default;
};

/// So many in a time: "100/s", "6000/m", "10/h", "1/d".
struct Rate {
  std::uint32_t count = 0;  ///< 1 … 1,000,000
  milliseconds per{1000};
  friend bool operator==(const Rate&, const Rate&) = default;
};

enum class LimitKind { token_bucket, sliding_window, fixed_window, leaky_bucket, concurrency, adaptive };

/// Who of those that wait for a place goes first. priority: the highest class; within one the newest, once the queue
/// no longer empties.
enum class QueueOrder { fifo, priority };

/// An entry of `limits`, of a route or an upstream. What its kind does not use is not written for it.
struct Limit {
  LimitKind kind = LimitKind::token_bucket;
  std::string name;              ///< in metrics and header fields; unique among its list; the kind's, unless written
  Rate rate;                     ///< token_bucket, leaky_bucket
  std::uint32_t burst = 1;       ///< token_bucket: at once after a rest; what comes in a second, unless written (≥ 1)
  std::uint32_t limit = 0;       ///< sliding_window, fixed_window: requests; concurrency: requests under way
  milliseconds window{0};        ///< sliding_window, fixed_window
  std::uint32_t queue = 0;       ///< leaky_bucket, concurrency without a key: requests that may wait
  milliseconds max_wait{1'000};  ///< leaky_bucket, concurrency
  QueueOrder order = QueueOrder::fifo;  ///< concurrency
  std::optional<milliseconds> p99;      ///< adaptive: the target; left out: near the unloaded latency
  /// One count for each value (or combination of values). Empty: one count for all. Not for adaptive.
  std::vector<RequestKey> key;
  std::uint32_t max_keys = 100'000;  ///< that can be busy at once
  bool enforce = true;               ///< false: count what would be refused, and let it pass
  friend bool operator==(const Limit&, const Limit&) = default;
};

/// Which requests go first when not all can be served.
enum class Priority : std::uint8_t { critical, normal, sheddable, background };

/// Which fields tell clients of rate limits.
struct RateLimitHeaders {
  bool draft = true;         ///< RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)
  bool x_ratelimit = false;  ///< X-RateLimit-Limit, -Remaining, -Reset
  friend bool operator==(const RateLimitHeaders&, const RateLimitHeaders&) = default;
};

}  // namespace penstock::conf
