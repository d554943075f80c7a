// What servers write, fit for a log: a line, and once.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace penstock::discovery {

/// Without control characters, which would forge lines of their own.
inline std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return text;
}

/// Remembers what was said last of each topic. Topics beyond a bound are not spoken of.
class LogOnce {
 public:
  explicit LogOnce(std::function<void(const std::string&)> log) : log_(std::move(log)) {}

  void say(const std::string& topic, const std::string& message) {
    constexpr std::size_t kMostTopics = 100;
    if (said_.size() >= kMostTopics && !said_.contains(topic)) return;
    if (std::exchange(said_[topic], message) != message) log_(one_line(message));
  }
  /// The topic is settled: when it comes up again that is news.
  void settle(const std::string& topic) { said_.erase(topic); }

 private:
  std::function<void(const std::string&)> log_;
  std::map<std::string, std::string> said_;
};

}  // namespace penstock::discovery
