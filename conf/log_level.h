// The levels of the process log, by the names that users write.
#pragma once

#include "conf/config.h"
#include "conf/words.h"

namespace penstock::conf {

/// The most talkative first.
inline constexpr Word<LogLevel> kLogLevels[] = {
    {"debug", LogLevel::debug},
    {"info", LogLevel::info},
    {"warn", LogLevel::warn},
    {"error", LogLevel::error},
};

}  // namespace penstock::conf
