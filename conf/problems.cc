#include "conf/problems.h"

#include <algorithm>
#include <tuple>

namespace penstock::conf {

std::string Problem::text() const {
  if (line == 0) return file + ": " + message;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

void Problems::add(Mark mark, const std::string& message) {
  ++count_;
  if (found_.size() >= kMost) return;
  found_.push_back({file_, mark.line, mark.column, about_.empty() ? message : about_ + ": " + message});
}

std::vector<Problem> Problems::take() {
  const auto place = [](const Problem& p) { return std::tie(p.line, p.column, p.message); };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
  // What an alias repeats is wrong at one place only.
  found_.erase(std::unique(found_.begin(), found_.end(),
                           [&](const Problem& a, const Problem& b) { return place(a) == place(b); }),
               found_.end());
  return std::move(found_);
}

}  // namespace penstock::conf
