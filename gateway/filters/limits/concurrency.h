// `concurrency` without a key and without a queue, and what adaptive has in common with it.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/filters/limits/limit.h"
#include "limiters/concurrency.h"

namespace penstock::filters {

class ConcurrencyLimit : public Limit {
 public:
  ConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers, std::uint32_t places);

  Ruling ask(const Asked& asked, Hold& hold) override;
  void release(Hold& hold, const Ending& ending) override;
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;

 protected:
  limiters::Concurrency places_;

 private:
  virtual std::uint32_t reserve(std::uint64_t limit, const Asked& asked) const;
  /// A limit that somebody has written is never passed.
  virtual std::uint32_t beyond(std::uint64_t limit, const Asked& asked) const;
};

}  // namespace penstock::filters
