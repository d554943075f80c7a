// `concurrency` with a key: so many requests under way at once for each client, API key, or whatever it is.
#pragma once

#include <string>

#include "gateway/filters/limits/keyed_words.h"
#include "gateway/filters/limits/limit.h"

namespace penstock::filters {

/// A key's word is the number of its requests.
class KeyedConcurrencyLimit final : public Limit {
 public:
  KeyedConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key);

  Ruling ask(const Asked& asked, Hold& hold) override;
  void release(Hold& hold, const Ending& ending) override;
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;

 private:
  KeyedWords words_;
};

}  // namespace penstock::filters
