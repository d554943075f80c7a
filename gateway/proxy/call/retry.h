// Whether a request is tried again: one pure decision, from what befell the last try and what has been done so far.
#pragma once

#include <cstdint>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/observe/stats.h"
#include "gateway/upstream/request_stream.h"

namespace penstock::proxy {

/// Where a request stands when a try has failed.
struct Tried {
  std::uint8_t retries = 0;      ///< that failed tries were given; not those for stale connections
  bool stale_retried = false;    ///< it has had a fresh connection for a stale one
  bool idempotent = false;       ///< its method is (RFC 9110 §9.2.2)
  bool repeatable = false;       ///< may be sent twice, as a policy sees it: by its method or its Idempotency-Key
  bool kept = true;              ///< ReplayBody::sendable()
  std::uint64_t kept_bytes = 0;  ///< of the body, so far
  bool untried = false;          ///< an endpoint can be used that was not tried
  bool usable = false;           ///< any can
  Nanos time_left = 0;           ///< until the answer is due
};

enum class Again : std::uint8_t {
  no,
  fresh,      ///< at once, on a new connection, at any endpoint; costs the budget nothing
  elsewhere,  ///< at once, at another endpoint
  later,      ///< after a backoff
};

/// What comes next. The upstream's budget has the last word on `elsewhere` and `later`.
struct Next {
  Again again = Again::no;
  observe::RetryReason reason{};
  Nanos wait = 0;             ///< before `later`
  bool forget_tried = false;  ///< all were tried: each may be tried once more
};

/// The longest body of a request that is kept to be sent again. `policy`: null, if there is none.
std::uint64_t replay_max(const conf::Retry* policy);

/// Whether the request can be sent once more. `sent`: an endpoint may have had some of it.
bool may_repeat(const Tried& tried, const conf::Retry* policy, bool sent);

/// Nothing is begun that can't finish: a try must have a millisecond for itself, after `wait`.
bool too_late(Nanos time_left, Nanos wait);

/// A try that has failed before anything of an answer was passed on. `policy`: null, if there is none. `wait`: the
/// backoff that there would be.
Next after_failure(const upstream::Failure& failure, const Tried& tried, const conf::Retry* policy, Nanos wait);

/// The same for an answer. An endpoint that says when to come back (`overload`) is not asked again.
Next after_answer(int status, bool overload, const Tried& tried, const conf::Retry& policy, Nanos wait);

/// The policy tries it again.
bool listed(const conf::Retry& policy, conf::RetryCause cause);

/// The longest backoff before the next try, of which the wait is drawn evenly: full jitter (Brooker, "Exponential
/// backoff and jitter", 2015).
Nanos longest_backoff(const conf::Retry& policy, std::uint8_t retries);

}  // namespace penstock::proxy
