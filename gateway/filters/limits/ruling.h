// A request at a limit: what it brings, what it is told, what it then holds, and how it ends.
#pragma once

#include <atomic>
#include <cstdint>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/ip.h"
#include "gateway/http/message.h"
#include "limiters/concurrency.h"
#include "limiters/leaky_bucket.h"
#include "limiters/verdict.h"
#include "limiters/waiting_room.h"

namespace penstock::filters {

class Limit;

/// A request that may wait for a place. Lent to a limit from ask() until it has one, is sent away, or leaves by
/// release(); belongs to its worker's thread.
struct Queued : limiters::Waiter, ListLink {
  /// At most once for each wait, from the worker's loop. `has_place`: it is in `place` now; else it was sent away for
  /// somebody of a higher class.
  using Tell = void (*)(void* owner, bool has_place);
  Queued(Tell t, void* o) : tell(t), owner(o) {}

  const Tell tell;
  void* const owner;
  limiters::Permit place;
  std::uint32_t reserve = 0;  ///< places that it leaves free
};

/// A request at a limit.
struct Asked {
  Nanos now = 0;              ///< steady
  std::uint64_t unix_ms = 0;  ///< for windows that begin with the clock's
  const http::RequestHead& head;
  const IpAddress& client;
  unsigned worker = 0;
  std::uint32_t cost = 1;  ///< at token buckets
  conf::Priority priority = conf::Priority::normal;
  std::uint32_t reserve_share = 0;  ///< of 100: places that it leaves to requests of higher classes
  std::uint32_t beyond_share = 0;   ///< of 100: places over a limit that is only an estimate, which it may take
  Queued* queued = nullptr;         ///< null: it must not wait for a place
};

enum class Decision : std::uint8_t { pass, wait, refuse };

/// When to come back, where nobody can know.
inline constexpr Nanos kSoon = kNanosPerSecond;

struct Ruling {
  Decision decision = Decision::pass;
  Nanos wait = 0;               ///< then it may pass; or, if `for_place`, has waited long enough
  bool for_place = false;       ///< Asked::queued is told when there is one
  Nanos retry_after = 0;        ///< if refused; limiters::kNever: never
  bool tells = false;           ///< what follows means something
  std::uint64_t remaining = 0;  ///< requests that would pass now
  Nanos reset_after = 0;        ///< until nothing is remembered any more

  static Ruling refused(Nanos retry_after) {
    Ruling ruling;
    ruling.decision = Decision::refuse;
    ruling.retry_after = retry_after;
    return ruling;
  }
};

/// What a request has of a limit until it ends.
struct Hold {
  Limit* limit = nullptr;
  std::atomic<std::uint64_t>* word = nullptr;
  limiters::Permit permit{};
  limiters::LeakyBucket::Turn turn{};
  Queued* queued = nullptr;  ///< while it waits for its place
};

/// How a request ended, as far as limits learn from it.
struct Ending {
  Nanos now = 0;
  Nanos took = 0;  ///< since it had passed the limits
  unsigned worker = 0;
  bool gave_up = false;   ///< while it waited
  bool counts = false;    ///< `took` says how long the upstream takes, or at least takes
  bool at_least = false;  ///< `took` was ended by the client
};

}  // namespace penstock::filters
