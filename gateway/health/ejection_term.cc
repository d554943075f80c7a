#include "gateway/health/ejection_term.h"

#include <algorithm>

#include "gateway/base/nanos.h"

namespace penstock::health {

Nanos EjectionTerm::begin(Nanos now, const conf::Outlier& settings) {
  const Nanos step = std::max<Nanos>(nanos(settings.eject_for), kNanosPerMilli);
  const Nanos longest = std::max(nanos(settings.max_eject_for), step);
  // One time is forgiven for each step that it has been back. Times that would make no difference are not counted, or
  // they would have to be forgiven, too.
  times_ -= std::min(times_, (now - ended_at_) / step);
  times_ = std::min(times_ + 1, (longest + step - 1) / step);
  const Nanos duration = std::min(step * times_, longest);
  until_ = now + duration;
  return duration;
}

void EjectionTerm::end(Nanos now) {
  until_ = 0;
  ended_at_ = now;
}

}  // namespace penstock::health
