// One request's way through its limits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gateway/filters/limits/limit_table.h"

namespace penstock::filters {

/// Lent with its exchange, and used again; belongs to one thread.
class Admission {
 public:
  /// Without `told` a request never waits for a place. It is called as Queued::tell is; go_on() then asks the next
  /// limits, or sent_away() says what to answer.
  explicit Admission(Queued::Tell told = nullptr, void* owner = nullptr);

  /// A new request, at its first limit. end() has been called for the one before.
  void begin(std::span<const Gate> gates, conf::Priority priority = conf::Priority::normal);
  /// The request goes another way, with limits of its own; what it was told of rates stays. end() has been called.
  void go_elsewhere(std::span<const Gate> gates);
  /// Something is to be given back by end().
  bool holds() const { return !holds_.empty(); }
  /// A limit of requests under way, of those that the request has passed, is nearly reached: nothing is to be done
  /// beside what must be done.
  bool crowded() const;

  /// Asks the limits that have not been asked yet, up to the first that does not let the request pass at once. After
  /// `wait` it goes on with the next one, once the time is over. What is not enforced lets everything pass.
  /// What it says of `priority`, the shares and `queued` is set by the call.
  Ruling go_on(Asked asked);
  /// It waits for a place.
  bool in_line() const { return !holds_.empty() && holds_.back().queued != nullptr; }
  /// The refusal of a request that has waited in vain for a place, or was sent away. It no longer waits.
  Ruling sent_away(Nanos now);
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
  void on_told(bool has_place);

  const Queued::Tell told_;
  void* const owner_;
  Queued queued_;
  std::span<const Gate> gates_;
  std::size_t next_ = 0;
  conf::Priority priority_ = conf::Priority::normal;
  unsigned worker_ = 0;
  std::vector<Hold> holds_;
  std::string rate_limit_;
  std::string rate_limit_policy_;
  Tightest tightest_;
};

/// Whole seconds, rounded up, at least 1: for Retry-After.
std::uint64_t retry_seconds(Nanos wait);

}  // namespace penstock::filters
