#include "gateway/filters/limits/make_limit.h"

#include <utility>

#include "gateway/filters/limits/adaptive.h"
#include "gateway/filters/limits/concurrency.h"
#include "gateway/filters/limits/fixed_window.h"
#include "gateway/filters/limits/keyed_concurrency.h"
#include "gateway/filters/limits/leaky_bucket.h"
#include "gateway/filters/limits/queued_concurrency.h"
#include "gateway/filters/limits/sliding_window.h"
#include "gateway/filters/limits/token_bucket.h"

namespace penstock::filters {

std::unique_ptr<Limit> make_limit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key) {
  switch (config.kind) {
    case conf::LimitKind::token_bucket:
      return std::make_unique<TokenBucketLimit>(config, std::move(where), workers, key);
    case conf::LimitKind::sliding_window:
      return std::make_unique<SlidingWindowLimit>(config, std::move(where), workers, key);
    case conf::LimitKind::fixed_window:
      return std::make_unique<FixedWindowLimit>(config, std::move(where), workers, key);
    case conf::LimitKind::leaky_bucket:
      return std::make_unique<LeakyBucketLimit>(config, std::move(where), workers, key);
    case conf::LimitKind::adaptive:
      return std::make_unique<AdaptiveLimit>(config, std::move(where), workers);
    case conf::LimitKind::concurrency:
      break;
  }
  if (!config.key.empty()) return std::make_unique<KeyedConcurrencyLimit>(config, std::move(where), workers, key);
  if (config.queue > 0) return std::make_unique<QueuedConcurrencyLimit>(config, std::move(where), workers);
  return std::make_unique<ConcurrencyLimit>(config, std::move(where), workers);
}

}  // namespace penstock::filters
