#include "gateway/health/checker.h"

#include <algorithm>
#include <utility>

#include "gateway/base/nanos.h"
#include "gateway/io/loop.h"

namespace penstock::health {

Checker::Checker(io::Loop& loop, const conf::HealthCheck& how, ProbeTarget target, std::uint64_t seed, Checked checked)
    : loop_(loop),
      how_(how),
      random_(seed),
      next_(Deadline::of<&Checker::check>(this)),
      probe_(loop, how, std::move(target), std::move(checked)) {
  wait(random_.below(quick() + 1));
}

Nanos Checker::quick() const {
  return std::min(nanos(how_.interval), kNanosPerSecond);
}

void Checker::wait(Nanos time) {
  loop_.arm(next_, time);
}

void Checker::again(bool hurries) {
  loop_.assert_here();
  const Nanos interval = hurries ? quick() : nanos(how_.interval);
  if (!hurries && !std::exchange(spread_, true)) {
    wait(random_.below(interval + 1));
  } else {
    wait(interval - interval / 10 + random_.below(interval / 5 + 1));
  }
}

void Checker::check() {
  // Without a socket nothing has been learned; there may be one soon.
  if (!probe_.start()) again(true);
}

}  // namespace penstock::health
