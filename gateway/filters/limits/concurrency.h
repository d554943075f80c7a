// `concurrency` without a key and without a queue: so many requests under way at once, all together.
#pragma once

#include <string>

#include "gateway/filters/limits/limit.h"
#include "limiters/concurrency.h"

namespace penstock::filters {

class ConcurrencyLimit final : public Limit {
 public:
  ConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers);

  /// Lower classes leave their share of the places free. Nobody goes beyond a limit that somebody has written.
  Ruling ask(const Asked& asked, Hold& hold) override;
  void release(Hold& hold, const Ending& ending) override;
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;

 private:
  limiters::Concurrency places_;
};

}  // namespace penstock::filters
