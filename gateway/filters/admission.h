// One request's way through its limits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gateway/filters/limit_table.h"

namespace penstock::filters {

/// Lent with its exchange, and used again; belongs to one thread.
class Admission {
 public:
  /// A new request, at its first limit. end() has been called for the one before.
  void begin(std::span<const Gate> gates);
  bool any() const { return !gates_.empty(); }
  /// Something is to be given back by end().
  bool holds() const { return !holds_.empty(); }

  /// Asks the limits that have not been asked yet, up to the first that does not let the request pass at once. After
  /// `wait` it goes on with the next one, once the time is over. What is not enforced lets everything pass.
  /// `asked.reserve_share` is set by the call.
  Ruling go_on(Asked asked);
  /// The limit that the last ruling is of.
  const Limit& last() const { return *gates_[next_ - 1].limit; }

  /// The request is over, or refused: gives back what it holds. Twice is once.
  void end(const Ending& ending);

  // ---- what the rates among the limits have to say to the client (draft-ietf-httpapi-ratelimit-headers-10)
  bool tells() const { return !rate_limit_.empty(); }
  const std::string& rate_limit() const { return rate_limit_; }                ///< "orders";r=49;t=1
  const std::string& rate_limit_policy() const { return rate_limit_policy_; }  ///< "orders";q=50;w=1
  /// Of the one that is nearest to its limit.
  struct Tightest {
    std::uint64_t quota = 0;
    std::uint64_t remaining = 0;
    std::uint64_t reset_s = 0;
  };
  const Tightest& tightest() const { return tightest_; }

 private:
  void note(const Limit& limit, const Ruling& ruling);

  std::span<const Gate> gates_;
  std::size_t next_ = 0;
  std::vector<Hold> holds_;
  std::string rate_limit_;
  std::string rate_limit_policy_;
  Tightest tightest_;
};

/// Whole seconds, rounded up, at least 1: for Retry-After.
std::uint64_t retry_seconds(Nanos wait);

}  // namespace penstock::filters
