// How much of the process log is written.
#pragma once

#include <string_view>

#include "conf/config.h"

namespace penstock {

/// Any thread.
void set_log_level(conf::LogLevel level);
/// As the configuration writes it. False, and nothing has changed: there is no such level.
bool set_log_level(std::string_view level);

}  // namespace penstock
