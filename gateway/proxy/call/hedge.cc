#include "gateway/proxy/call/hedge.h"

#include <algorithm>
#include <utility>

namespace penstock::proxy {
namespace {

/// Where all answers take less than this, nobody is helped by a second one.
constexpr Nanos kLeastWait = kNanosPerMilli;

}  // namespace

Nanos hedge_wait(const conf::HedgeAfter& after, const limiters::Hedging& hedging) {
  if (after) return nanos(*after);
  return std::max(kLeastWait, hedging.p95_ns());
}

void Race::restart() {
  lead_ = &first_;
  lead_->clear();
}

bool Race::keep(Attempt& attempt) {
  const bool was_beside = is_beside(attempt);
  other_than(attempt).drop();
  lead_ = &attempt;
  beside_ = nullptr;
  return was_beside;
}

void Race::drop() {
  lead_->drop();
  if (beside_) std::exchange(beside_, nullptr)->drop();
}

}  // namespace penstock::proxy
