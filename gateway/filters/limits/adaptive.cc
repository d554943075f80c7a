#include "gateway/filters/limits/adaptive.h"

#include <cstring>
#include <utility>

#include "gateway/filters/limits/classes_in_use.h"
#include "gateway/filters/limits/places.h"
#include "gateway/filters/limits/settings.h"

namespace penstock::filters {

AdaptiveLimit::AdaptiveLimit(const conf::Limit& config, std::string where, unsigned workers)
    : Limit(config, std::move(where), workers),
      places_(limiters::AdaptiveSettings{}.initial),
      recorders_(workers),
      latency_(workers),
      adaptive_({.p99_target_ns = config.p99 ? nanos(*config.p99) : 0}) {
  for (const auto& recorder : recorders_) readers_.push_back(&recorder);
}

Ruling AdaptiveLimit::ask(const Asked& asked, Hold& hold) {
  const std::uint64_t limit = places_.limit();
  return take_place(places_, *this, hold, reserved_places(limit, asked.reserve_share),
                    reserved_places(limit, asked.beyond_share));
}

void AdaptiveLimit::release(Hold& hold, const Ending& ending) {
  // Of what a client has cut short only that tells something which took longer than others do to their end: whoever
  // sends deadlines of a millisecond must not make the upstream look quick, and each true answer look queued.
  const bool tells = !ending.at_least || ending.took > typical_.load(std::memory_order_relaxed);
  if (ending.counts && tells) recorders_[ending.worker].record(ending.took);
  hold.permit.release();
  Limit::release(hold, ending);
}

void AdaptiveLimit::tick(Nanos now) {
  latency_.tick(readers_);
  typical_.store(static_cast<Nanos>(latency_.window().quantile(0.5)), std::memory_order_relaxed);
  const Nanos elapsed = last_tick_ == 0 ? 0 : now - last_tick_;
  last_tick_ = now;
  if (elapsed == 0) return;
  places_.set_limit(adaptive_.tick({.elapsed_ns = elapsed,
                                    .latencies = &latency_.latest(),
                                    .peak_in_flight = places_.take_peak(),
                                    .refused = places_.take_refused()}));
}

std::string AdaptiveLimit::memory() const {
  const limiters::AdaptiveMemory memory = adaptive_.memory();
  return {reinterpret_cast<const char*>(&memory), sizeof(memory)};
}

void AdaptiveLimit::recall(std::string_view bytes) {
  limiters::AdaptiveMemory memory;
  if (bytes.size() != sizeof(memory)) return;
  std::memcpy(&memory, bytes.data(), sizeof(memory));
  adaptive_.recall(memory);
  places_.set_limit(adaptive_.limit());
}

Limit::Levels AdaptiveLimit::levels(Nanos, std::uint64_t) const {
  Levels levels = levels_of(places_);
  levels.p99_s = latency_.window().quantile(0.99) / 1e9;
  levels.baseline_s = adaptive_.baseline_ns() / 1e9;
  return levels;
}

}  // namespace penstock::filters
