// A stream for one attempt, with all that ends when the attempt does.
#pragma once

#include <utility>

#include "gateway/base/blame.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/upstream/pool.h"
#include "limiters/circuit_breaker.h"

namespace penstock::upstream {

class Cluster;

/// The breakers' leaves for one attempt; empty where there is no breaker. Dropped, it gives a probe's permit back.
struct Passes {
  limiters::BreakerPass upstream;
  limiters::BreakerPass endpoint;

  void ended(bool failed, Nanos took, Nanos now) {
    upstream.ended(failed, took, now);
    endpoint.ended(failed, took, now);
  }
  void cancel() {
    upstream.cancel();
    endpoint.cancel();
  }
};

/// Why there is no lease.
struct Refusal {
  ErrorKind error = ErrorKind::none;
  Nanos retry_after = 0;  ///< with ErrorKind::circuit_open
};

/// A stream for one attempt, and the attempt's place in the in-flight counts. Dropping it gives both back.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept
      : cluster_(std::exchange(other.cluster_, nullptr)),
        pool_(std::exchange(other.pool_, nullptr)),
        stream_(std::exchange(other.stream_, nullptr)),
        passes_(std::move(other.passes_)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      reset();
      cluster_ = std::exchange(other.cluster_, nullptr);
      pool_ = std::exchange(other.pool_, nullptr);
      stream_ = std::exchange(other.stream_, nullptr);
      passes_ = std::move(other.passes_);
    }
    return *this;
  }
  ~Lease() { reset(); }
  void reset();

  explicit operator bool() const { return stream_ != nullptr; }
  RequestStream* operator->() const { return stream_; }
  RequestStream& stream() const { return *stream_; }
  const EndpointPool& endpoint() const { return *pool_; }

  // ---- what the attempt met, for the endpoint's health and latency. `took`: from the request being sent to the first
  // byte of the answer, or to the end of the attempt.
  /// The answer's head is there. `overload`: it is a refusal for now (429, or 503 with Retry-After).
  void answered(int status, bool overload, Nanos took);
  /// No answer came, or not all of it. Counts as a failure if blame_for() says so.
  void failed(const Failure& failure, AttemptPhase phase, Nanos took);
  /// The answer is no longer waited for, and that is not the endpoint's doing.
  void abandoned(Nanos took);

 private:
  friend class Cluster;
  Lease(Cluster* cluster, EndpointPool* pool, RequestStream* stream, Passes passes)
      : cluster_(cluster), pool_(pool), stream_(stream), passes_(std::move(passes)) {}

  Cluster* cluster_ = nullptr;
  EndpointPool* pool_ = nullptr;
  RequestStream* stream_ = nullptr;
  Passes passes_;
};

}  // namespace penstock::upstream
