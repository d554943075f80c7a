// The access log: workers drop records into bounded rings, one thread formats and writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/http/message.h"

namespace penstock::observe {

/// One exchange, as the log tells it. Views need to be valid during push() only.
struct AccessRecord {
  std::uint64_t time_unix_ms = 0;  ///< when the request's first byte was read
  std::string_view request_id;
  std::string_view client_ip;
  std::string_view method;
  std::string_view host;
  std::string_view target;  ///< path and query, as received
  std::string_view user_agent;
  std::string_view referer;
  std::string_view route;     ///< id; empty if none matched
  std::string_view upstream;  ///< name; empty if answered by the gateway
  std::string_view peer;      ///< "10.0.0.1:80"
  std::string_view tls;       ///< "TLSv1.3"; empty without encryption
  http::Version version = http::Version::http11;
  int status = 0;              ///< 499 if the client went away before an answer
  std::uint64_t bytes_in = 0;  ///< of bodies
  std::uint64_t bytes_out = 0;
  std::uint64_t duration_us = 0;
  std::uint64_t upstream_connect_us = 0;
  std::uint64_t upstream_first_byte_us = 0;
  std::uint32_t tries = 0;
  ErrorKind error = ErrorKind::none;
  ErrorKind degraded = ErrorKind::none;  ///< why the route's fallback was taken
};

enum class AccessLogFormat { json, combined };

/// One worker's end. push() is for that worker's thread alone.
class AccessLogRing {
 public:
  /// bytes: room for records, a power of two.
  explicit AccessLogRing(std::size_t bytes);
  ~AccessLogRing();
  /// Copies the record. False if there was no room: the line is lost, and counted by the caller. Never blocks or
  /// allocates. Strings are cut to a bound each.
  bool push(const AccessRecord& record);

 private:
  friend class AccessLog;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Owns the writing thread, from its construction to its end.
class AccessLog {
 public:
  /// path: "stdout", "stderr" or a file, appended to. Throws std::runtime_error if it can't be opened.
  AccessLog(const std::string& path, AccessLogFormat format, std::size_t rings, std::size_t ring_bytes = 1 << 20);
  /// Writes what is in the rings, then ends the thread.
  ~AccessLog();
  AccessLogRing& ring(std::size_t index);
  /// Asks the thread to open the file again (log rotation, USR1). Any thread.
  void reopen();
  /// Lines that were taken from a ring but could not be written (disk full, reader gone). Any thread.
  std::uint64_t lost() const;
  /// One line as it would be written, with its newline; for tests.
  static std::string format(const AccessRecord& record, AccessLogFormat format);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::observe
