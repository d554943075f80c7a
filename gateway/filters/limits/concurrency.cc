#include "gateway/filters/limits/concurrency.h"

#include <utility>

#include "gateway/filters/limits/classes_in_use.h"

namespace penstock::filters {
namespace {

constexpr Nanos kSoon = kNanosPerSecond;  // what is told where nobody can know

}  // namespace

ConcurrencyLimit::ConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers, std::uint32_t places)
    : Limit(config, std::move(where), workers), places_(places) {}

Ruling ConcurrencyLimit::ask(const Asked& asked, Hold& hold) {
  const std::uint64_t limit = places_.limit();
  limiters::Permit permit = places_.try_acquire(reserve(limit, asked), beyond(limit, asked));
  Ruling ruling;
  if (permit) {
    hold.limit = this;
    hold.permit = std::move(permit);
  } else {
    ruling.decision = Decision::refuse;
    ruling.retry_after = kSoon;
  }
  return ruling;
}

void ConcurrencyLimit::release(Hold& hold, const Ending& ending) {
  hold.permit.release();
  Limit::release(hold, ending);
}

Limit::Levels ConcurrencyLimit::levels(Nanos, std::uint64_t) const {
  Levels levels;
  levels.in_flight = places_.in_flight();
  levels.limit = places_.limit();
  return levels;
}

std::uint32_t ConcurrencyLimit::reserve(std::uint64_t limit, const Asked& asked) const {
  return share_of(limit, asked.reserve_share);
}

std::uint32_t ConcurrencyLimit::beyond(std::uint64_t limit, const Asked& asked) const {
  static_cast<void>(limit);
  static_cast<void>(asked);
  return 0;
}

}  // namespace penstock::filters
