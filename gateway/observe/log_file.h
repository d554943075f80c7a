// The file, pipe or terminal that log lines go to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::observe {

/// Owns the descriptor, but for stdout and stderr. One thread at a time.
class LogFile {
 public:
  /// path: "stdout", "stderr" or a file, appended to and made with mode 0640. Throws std::runtime_error if it can't be
  /// opened. reader_timeout_ms: how long the reader of a pipe or terminal may leave it full.
  explicit LogFile(std::string path, int reader_timeout_ms = 1000);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Writes whole lines, as one write to a file. Returns the bytes written; less than all if the disk is full, or if
  /// the reader of a pipe is gone or has not read in time. SIGPIPE must be blocked or ignored.
  std::size_t write(std::string_view lines);
  /// Opens the path again, as log rotation asks. If that fails, the old file stays.
  void reopen();

 private:
  void use(int fd);
  std::size_t write_piece(std::string_view bytes);
  bool wait_until_writable();

  std::string path_;
  int reader_timeout_ms_;
  int fd_ = -1;
  bool regular_ = false;   ///< a write to a regular file does not wait for a reader
  bool stuck_ = false;     ///< the reader did not read in time: until it does, no more waiting
  bool mid_line_ = false;  ///< the last write was cut short inside a line
};

}  // namespace penstock::observe
