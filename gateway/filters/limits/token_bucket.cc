#include "gateway/filters/limits/token_bucket.h"

namespace penstock::filters {

TokenBucketRate::TokenBucketRate(const conf::Limit& config)
    : bucket_(rate_of(config.rate), config.burst),
      quota_(config.burst),
      window_s_(whole_seconds(config.rate.per * config.burst / config.rate.count)) {}

}  // namespace penstock::filters
