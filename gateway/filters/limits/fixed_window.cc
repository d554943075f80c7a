#include "gateway/filters/limits/fixed_window.h"

namespace penstock::filters {

FixedWindowRate::FixedWindowRate(const conf::Limit& config)
    : window_(config.limit, nanos(config.window)), quota_(config.limit), length_(config.window) {}

}  // namespace penstock::filters
