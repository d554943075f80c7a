#include "tests/support/output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <utility>

#include "tests/support/deadline.h"

namespace penstock::e2e {

Output::Output(Fd read_end) : read_end_(std::move(read_end)), thread_([this] { drain(); }) {}

Output::~Output() {
  thread_.join();
}

void Output::drain() {
  char bytes[16 * 1024];
  while (true) {
    const ssize_t n = ::read(read_end_.get(), bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (n > 0) text_.append(bytes, static_cast<std::size_t>(n));
    if (n <= 0) ended_ = true;
    changed_.notify_all();
    if (n <= 0) return;
  }
}

std::string Output::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

bool Output::wait_for(std::string_view needle) {
  std::unique_lock lock(mutex_);
  const auto found = [&] { return text_.find(needle) != std::string::npos; };
  changed_.wait_for(lock, kPatience, [&] { return found() || ended_; });
  return found();
}

std::vector<std::string> Output::lines(std::size_t count) {
  std::unique_lock lock(mutex_);
  const auto enough = [&] { return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n')) >= count; };
  if (!changed_.wait_for(lock, kPatience, enough)) throw TimedOut("too few lines: " + text_);
  std::vector<std::string> lines;
  std::istringstream text(text_.substr(0, text_.rfind('\n') + 1));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string Output::all() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return ended_; })) throw TimedOut("the process goes on printing");
  return text_;
}

}  // namespace penstock::e2e
