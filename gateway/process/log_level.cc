#include "gateway/process/log_level.h"

#include <spdlog/spdlog.h>

#include "gateway/base/enum_names.h"

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

bool set_log_level(std::string_view level) {
  static constexpr EnumNames<conf::LogLevel, 4> kNames("debug", "info", "warn", "error");
  const auto found = kNames.find(level);
  if (found) set_log_level(*found);
  return found.has_value();
}

}  // namespace penstock
