// `leaky_bucket`: requests wait their turn, and leave at an even rate.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/filters/limits/keyed_words.h"
#include "gateway/filters/limits/limit.h"
#include "limiters/leaky_bucket.h"

namespace penstock::filters {

class LeakyBucketLimit final : public Limit {
 public:
  LeakyBucketLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key);

  /// A request that has to wait holds its turn.
  Ruling ask(const Asked& asked, Hold& hold) override;
  void release(Hold& hold, const Ending& ending) override;
  bool is_clients_fault() const override { return true; }
  std::string memory() const override { return words_.memory(); }
  void recall(std::string_view memory) override { words_.recall(memory); }
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;

 private:
  static constexpr std::size_t kGivenUp = 64;  // turns that are remembered for the next who come

  const limiters::LeakyBucket bucket_;
  KeyedWords words_;
  std::vector<std::atomic<std::uint64_t>> given_up_;  ///< none with a key: they would have to be kept for each
};

}  // namespace penstock::filters
