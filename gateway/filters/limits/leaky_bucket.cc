#include "gateway/filters/limits/leaky_bucket.h"

#include <utility>

#include "gateway/filters/limits/settings.h"

namespace penstock::filters {

LeakyBucketLimit::LeakyBucketLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key)
    : Limit(config, std::move(where), workers),
      bucket_(rate_of(config.rate), config.queue, nanos(config.max_wait)),
      words_(config, key),
      given_up_(config.key.empty() ? kGivenUp : 0) {}

Ruling LeakyBucketLimit::ask(const Asked& asked, Hold& hold) {
  auto& word = words_.of(asked, [&](std::uint64_t w) { return bucket_.recovered(w, asked.now); });
  const auto turn = bucket_.reserve(word, asked.now, given_up_);
  if (!turn.granted) return Ruling::refused(turn.retry_after_ns);
  Ruling ruling;
  if (turn.wait_ns > 0) {
    ruling.decision = Decision::wait;
    ruling.wait = turn.wait_ns;
    hold.limit = this;
    hold.word = &word;
    hold.turn = turn;
  }
  return ruling;
}

void LeakyBucketLimit::release(Hold& hold, const Ending& ending) {
  if (ending.gave_up) bucket_.give_up(hold.turn, *hold.word, ending.now, given_up_);
  Limit::release(hold, ending);
}

Limit::Levels LeakyBucketLimit::levels(Nanos now, std::uint64_t) const {
  Levels levels;
  levels.busy_keys = words_.busy([&](std::uint64_t w) { return bucket_.recovered(w, now); });
  return levels;
}

}  // namespace penstock::filters
