// One worker's counters, and what is counted.
//
// Written by that worker alone, with plain loads and stores; read by the control thread at a scrape (relaxed atomics:
// no torn values, no locks, no read-modify-write on the request path). A steady-state request allocates nothing here.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/http/message.h"

namespace penstock::observe {

/// Counts up. One writer, any reader.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One writer, any reader.
class Gauge {
 public:
  void add(std::int64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::int64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Upper bounds of the duration buckets, in seconds; +Inf comes after the last.
inline constexpr std::array<double, 17> kDurationBounds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

/// Durations, in nanoseconds. One writer, any reader.
class DurationHistogram {
 public:
  void observe(std::uint64_t duration_ns);
  /// Not cumulative: counts per bucket, the last one is +Inf.
  const std::array<Counter, kDurationBounds.size() + 1>& buckets() const { return buckets_; }
  std::uint64_t sum_ns() const { return sum_ns_.value(); }

 private:
  Counter sum_ns_;  // first, so that it shares a cache line with the buckets of fast answers
  std::array<Counter, kDurationBounds.size() + 1> buckets_;
};

/// Requests by method and status code. Bounded: codes beyond the table's room are counted as code 0 ("other").
class RequestCounts {
 public:
  void add(http::Method method, int status);
  struct Row {
    http::Method method;
    int status;  ///< 0 = other
    std::uint64_t count;
  };
  std::vector<Row> rows() const;

 private:
  static constexpr std::size_t kSlots = 32;
  struct Slot {
    std::atomic<std::uint32_t> key{0};  ///< 0 = empty
    Counter count;
  };
  std::array<Slot, kSlots> slots_;
  std::array<Counter, http::kMethods> overflow_;
};

/// Why a route's fallback was taken; as the configuration lists them, and an engineer's word.
enum class DegradeReason : std::uint8_t { rate_limit, overload, circuit_open, no_endpoint, failure, by_hand, count_ };
inline constexpr std::size_t kDegradeReasons = static_cast<std::size_t>(DegradeReason::count_);
/// As a metric's label has it.
std::string_view name(DegradeReason reason);

/// Laid out so that a usual request touches two cache lines, for with thousands of routes each is a miss.
struct alignas(64) RouteStats {
  RequestCounts requests;
  alignas(64) DurationHistogram
      duration;  ///< first byte of the request read to the last byte of the answer handed to the socket
  std::array<Counter, kDegradeReasons> degraded;  ///< requests for which the route's fallback was taken
};

/// Why an attempt was made again.
enum class RetryReason : std::uint8_t {
  stale_connection,  ///< one from the pool that turned out to be closed; costs the budget nothing
  connect_failure,
  reset,    ///< before an answer
  timeout,  ///< of the first byte
  status,
  hedge,  ///< a second one beside the first, which took long
  count_
};
inline constexpr std::size_t kRetryReasons = static_cast<std::size_t>(RetryReason::count_);
/// As a metric's label has it.
std::string_view name(RetryReason reason);

struct UpstreamStats {
  RequestCounts responses;     ///< by the code that the endpoint answered
  DurationHistogram duration;  ///< request sent to the end of the answer
  DurationHistogram connect;   ///< connect() to connected
  Counter connects;            ///< tried
  Counter connect_errors;
  Counter tls_handshakes;  ///< from the beginning
  Counter tls_resumed;     ///< by a session from before
  std::array<Counter, kRetryReasons> retries;
  Counter retry_budget_exhausted;  ///< retries that there was no budget for
  Counter hedges_won;              ///< that answered first, or whose first try failed
  Counter breaker_rejected;        ///< refusals by circuit breakers, of the upstream's and its endpoints'
  Gauge in_flight;
  Gauge connections_idle;
  Gauge connections_active;
  Counter bytes_sent;
  Counter bytes_received;
};

/// Why a connection that had to begin with a PROXY header was closed.
enum class ProxyHeaderFailure : std::uint8_t {
  malformed,  ///< or something else
  cut,        ///< the peer closed it in the middle
  timeout,
  count_
};
inline constexpr std::size_t kProxyHeaderFailures = static_cast<std::size_t>(ProxyHeaderFailure::count_);
/// As a metric's label has it.
std::string_view name(ProxyHeaderFailure failure);

/// What handshakes of a listener came to. The order is that of io::TlsFailure behind `full` and `resumed`.
enum class HandshakeResult : std::uint8_t {
  full,
  resumed,
  closed,       ///< the client left in the middle of it
  plain_http,   ///< the client spoke HTTP without encryption
  unsupported,  ///< no version, cipher or protocol in common
  certificate,  ///< the client's is missing or not valid
  refused,      ///< the client has refused ours, most often
  protocol,     ///< not TLS at all, and whatever else is wrong
  timeout,
  count_
};
inline constexpr std::size_t kHandshakeResults = static_cast<std::size_t>(HandshakeResult::count_);
/// As a metric's label has it.
std::string_view name(HandshakeResult result);

/// One listener's. Handshakes are rare, and so all workers share it.
struct TlsStats {
  std::array<std::atomic<std::uint64_t>, kHandshakeResults> handshakes{};
  void add(HandshakeResult result) {
    handshakes[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
  }
};

/// Why a connection was closed as soon as it was accepted.
enum class ConnectionBound : std::uint8_t {
  connections,             ///< of the listener
  connections_per_client,  ///< of an address
  count_
};
inline constexpr std::size_t kConnectionBounds = static_cast<std::size_t>(ConnectionBound::count_);
/// As the configuration and a metric's label have it.
std::string_view name(ConnectionBound bound);

/// What one worker counts that is no route's and no upstream's.
struct WorkerStats {
  Counter connections_accepted;
  std::array<Counter, kConnectionBounds> connections_refused;
  Counter accept_errors;
  std::array<Counter, kProxyHeaderFailures> proxy_header_failures;
  Gauge connections_active;  ///< client connections with a request under way
  Gauge connections_idle;
  Counter bytes_received;  ///< from clients
  Counter bytes_sent;      ///< to clients
  Counter access_log_dropped;
  DurationHistogram loop_lag;  ///< how long one turn of the event loop worked
  std::array<Counter, kErrorKinds> errors;
};

}  // namespace penstock::observe
