#include "gateway/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace penstock::io {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  const int fd_;
};

std::string reason() {
  return std::strerror(errno);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// So that the new name outlives a power cut, too.
void sync_directory(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const Descriptor fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::size_t max_bytes, std::string& why) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    why = reason();
    return std::nullopt;
  }
  std::string text;
  char buffer[64 << 10];
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      why = reason();
      return std::nullopt;
    }
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > max_bytes) {
      why = "it is larger than " + std::to_string(max_bytes) + " bytes";
      return std::nullopt;
    }
  }
}

std::string write_file(const std::string& path, std::string_view text) {
  // Two processes may write the same file for a while: an upgrade.
  const std::string temporary = path + ".new." + std::to_string(::getpid());
  ::unlink(temporary.c_str());  // of one that died; what is written is new, and no link that stands there is followed
  {
    const Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return reason();
    if (!write_all(fd.get(), text) || ::fsync(fd.get()) != 0) return reason();
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return reason();
  sync_directory(path);
  return {};
}

std::string make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  return error ? error.message() : std::string();
}

}  // namespace penstock::io
