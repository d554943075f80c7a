#include "gateway/observe/log_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace penstock::observe {
namespace {

bool is_standard(const std::string& path) {
  return path == "stdout" || path == "stderr";
}

int open_path(const std::string& path) {
  if (path == "stdout") return STDOUT_FILENO;
  if (path == "stderr") return STDERR_FILENO;
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

bool is_regular(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/// The longest beginning of `lines` that a pipe takes as one piece (pipe(7)), ending with a line if possible.
std::string_view first_piece(std::string_view lines) {
  if (lines.size() <= PIPE_BUF) return lines;
  const std::size_t line_end = lines.rfind('\n', PIPE_BUF - 1);
  return lines.substr(0, line_end == std::string_view::npos ? PIPE_BUF : line_end + 1);
}

}  // namespace

LogFile::LogFile(std::string path, int reader_timeout_ms)
    : path_(std::move(path)), reader_timeout_ms_(reader_timeout_ms) {
  const int fd = open_path(path_);
  if (fd < 0) throw std::runtime_error("cannot open the access log " + path_ + ": " + std::strerror(errno));
  use(fd);
}

LogFile::~LogFile() {
  if (!is_standard(path_)) close(fd_);
}

void LogFile::use(int fd) {
  fd_ = fd;
  regular_ = is_regular(fd);
}

void LogFile::reopen() {
  if (is_standard(path_)) return;
  const int fd = open_path(path_);
  if (fd < 0) return;
  close(fd_);
  use(fd);
}

// A pipe that is writable has room for PIPE_BUF bytes, so a write of that much does not wait for a reader that is
// stuck; and it is never mixed with what other processes write there.
std::size_t LogFile::write(std::string_view lines) {
  if (mid_line_ && write_piece("\n") == 0) return 0;
  std::size_t written = 0;
  while (written < lines.size()) {
    const std::string_view rest = lines.substr(written);
    const std::string_view piece = regular_ ? rest : first_piece(rest);
    if (!regular_ && !wait_until_writable()) break;
    const std::size_t taken = write_piece(piece);
    written += taken;
    if (taken < piece.size()) break;
  }
  return written;
}

std::size_t LogFile::write_piece(std::string_view bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const ssize_t written = ::write(fd_, bytes.data() + total, bytes.size() - total);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN && wait_until_writable()) continue;
    if (written <= 0) break;
    total += static_cast<std::size_t>(written);
    mid_line_ = bytes[total - 1] != '\n';
  }
  return total;
}

bool LogFile::wait_until_writable() {
  pollfd wanted{fd_, POLLOUT, 0};
  int ready = 0;
  do {
    ready = poll(&wanted, 1, stuck_ ? 0 : reader_timeout_ms_);
  } while (ready < 0 && errno == EINTR);
  stuck_ = ready <= 0;
  return !stuck_;
}

}  // namespace penstock::observe
