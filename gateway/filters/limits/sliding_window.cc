#include "gateway/filters/limits/sliding_window.h"

namespace penstock::filters {

SlidingWindowRate::SlidingWindowRate(const conf::Limit& config)
    : window_(config.limit, nanos(config.window)), quota_(config.limit), length_(config.window) {}

}  // namespace penstock::filters
