// An access record as a line of text.
#pragma once

#include <string>

#include "gateway/observe/access_log.h"

namespace penstock::observe {

/// No line is longer, whatever the record holds: strings are cut, and a byte becomes six at most.
inline constexpr std::size_t kLineMax = 32 << 10;

/// Appends lines to a string. Keeps buffers between lines, so one formatter per thread.
class AccessLogFormatter {
 public:
  explicit AccessLogFormatter(AccessLogFormat format) : format_(format) {}

  /// Appends the line and its newline. `record` must be cut. Credentials in target and referer are hidden; no byte of
  /// the record can end the line or leave its place in it.
  void append(std::string& out, const AccessRecord& record);

 private:
  void append_json(std::string& out, const AccessRecord& record);
  void append_combined(std::string& out, const AccessRecord& record);

  AccessLogFormat format_;
  std::string target_;
  std::string referer_;
};

}  // namespace penstock::observe
