// How much of the process log is written.
#pragma once

#include "conf/config.h"

namespace penstock {

/// Any thread.
void set_log_level(conf::LogLevel level);

}  // namespace penstock
