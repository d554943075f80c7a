#include "gateway/io/file_look.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

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

 private:
  const int fd_;
};

std::int64_t nanos(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity_of(const struct stat& about) {
  return {about.st_dev, about.st_ino, about.st_size, nanos(about.st_mtim), nanos(about.st_ctim)};
}

/// A change within the grain of the file system's clock (up to 2 s on some) may leave the identity as it was.
bool may_change_unseen(const FileIdentity& identity) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t age = nanos(now) - identity.modified_ns;
  return age > -2'000'000'000 && age < 2'000'000'000;
}

/// Up to `max_bytes` and one more; false with errno.
bool read_all(int fd, std::size_t max_bytes, std::string& text) {
  char buffer[64 << 10];
  while (text.size() <= max_bytes) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) return true;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return true;
}

FileLook failed(std::string error) {
  FileLook look;
  look.error = std::move(error);
  return look;
}

}  // namespace

FileIdentity identity_of(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? identity_of(about) : FileIdentity();
}

FileLook look_at(const std::string& path, std::size_t max_bytes, const FileIdentity& before) {
  // A FIFO or a device would otherwise keep open() waiting.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return failed("is not a file");
  FileLook look;
  look.identity = identity_of(about);
  if (look.identity == before) {
    look.resting = true;
    return look;
  }
  if (!read_all(file.get(), max_bytes, look.text)) return failed(std::strerror(errno));
  if (look.text.size() > max_bytes) return failed("is larger than " + std::to_string(max_bytes >> 20) + " MiB");
  struct stat after {};
  const bool still = ::fstat(file.get(), &after) == 0 && identity_of(after) == look.identity;
  look.resting = still && !may_change_unseen(look.identity);
  look.read = still;
  return look;
}

}  // namespace penstock::io
