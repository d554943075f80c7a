// `token_bucket`: a rate, and a burst that is saved up at rest.
#pragma once

#include "gateway/filters/limits/rate_limit.h"
#include "gateway/filters/limits/settings.h"
#include "limiters/token_bucket.h"

namespace penstock::filters {

/// A RateKind: the one that knows costs.
class TokenBucketRate {
 public:
  explicit TokenBucketRate(const conf::Limit& config);

  std::uint64_t time(Nanos now, std::uint64_t /*unix_ms*/) const { return now; }
  limiters::Verdict take(std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint32_t cost) const {
    return bucket_.take(word, now, cost);
  }
  bool recovered(std::uint64_t word, std::uint64_t now) const { return bucket_.recovered(word, now); }
  /// The same number of requests is owed.
  std::uint64_t rescaled(std::uint64_t word, Nanos steady_now, const TokenBucketRate& was) const {
    return bucket_.rescaled(word, steady_now, was.bucket_);
  }
  std::uint64_t quota() const { return quota_; }
  /// In which the burst is earned anew.
  std::uint64_t window_s() const { return window_s_; }

 private:
  limiters::TokenBucket bucket_;
  std::uint64_t quota_;
  std::uint64_t window_s_;
};

using TokenBucketLimit = RateLimit<TokenBucketRate>;

}  // namespace penstock::filters
