#include "gateway/filters/limits/keyed_concurrency.h"

#include <atomic>
#include <utility>

namespace penstock::filters {

KeyedConcurrencyLimit::KeyedConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers,
                                             const SipKey& key)
    : Limit(config, std::move(where), workers), words_(config, key) {}

Ruling KeyedConcurrencyLimit::ask(const Asked& asked, Hold& hold) {
  auto& word = words_.of(asked, [](std::uint64_t w) { return w == 0; });
  if (word.fetch_add(1, std::memory_order_relaxed) >= config().limit) {
    word.fetch_sub(1, std::memory_order_relaxed);
    return Ruling::refused(kSoon);
  }
  hold.limit = this;
  hold.word = &word;
  return {};
}

void KeyedConcurrencyLimit::release(Hold& hold, const Ending& ending) {
  hold.word->fetch_sub(1, std::memory_order_relaxed);
  Limit::release(hold, ending);
}

Limit::Levels KeyedConcurrencyLimit::levels(Nanos, std::uint64_t) const {
  Levels levels;
  levels.limit = config().limit;
  levels.busy_keys = words_.busy([](std::uint64_t w) { return w == 0; });
  return levels;
}

}  // namespace penstock::filters
