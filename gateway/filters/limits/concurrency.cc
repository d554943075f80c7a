#include "gateway/filters/limits/concurrency.h"

#include <utility>

#include "gateway/filters/limits/classes_in_use.h"
#include "gateway/filters/limits/places.h"

namespace penstock::filters {

ConcurrencyLimit::ConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers)
    : Limit(config, std::move(where), workers), places_(config.limit) {}

Ruling ConcurrencyLimit::ask(const Asked& asked, Hold& hold) {
  return take_place(places_, *this, hold, share_of(places_.limit(), asked.reserve_share));
}

void ConcurrencyLimit::release(Hold& hold, const Ending& ending) {
  hold.permit.release();
  Limit::release(hold, ending);
}

Limit::Levels ConcurrencyLimit::levels(Nanos, std::uint64_t) const {
  return levels_of(places_);
}

}  // namespace penstock::filters
