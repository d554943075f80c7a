// Which of several servers to ask: the one that answered last, and after a failure each of the others once.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace penstock::discovery {

class UrlRound {
 public:
  explicit UrlRound(std::vector<std::string> urls) : urls_(std::move(urls)) {}

  const std::string& url() const { return urls_[current_]; }
  /// A new round: all of them may be tried, beginning with the current one.
  void begin() { tried_ = 1; }
  /// The current one has failed. False if that was the last of the round.
  bool next() {
    current_ = (current_ + 1) % urls_.size();
    return ++tried_ <= urls_.size();
  }

 private:
  std::vector<std::string> urls_;  ///< at least one
  std::size_t current_ = 0;
  std::size_t tried_ = 1;
};

}  // namespace penstock::discovery
