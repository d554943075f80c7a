#include "gateway/process/log_level.h"

#include <spdlog/spdlog.h>

namespace penstock {
namespace {

spdlog::level::level_enum level_of(conf::LogLevel level) {
  switch (level) {
    case conf::LogLevel::debug:
      return spdlog::level::debug;
    case conf::LogLevel::warn:
      return spdlog::level::warn;
    case conf::LogLevel::error:
      return spdlog::level::err;
    case conf::LogLevel::info:
      break;
  }
  return spdlog::level::info;
}

}  // namespace

void set_log_level(conf::LogLevel level) {
  spdlog::set_level(level_of(level));
}

}  // namespace penstock
