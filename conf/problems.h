// Collects what is wrong with a file while it is read, so that all of it is reported in one go.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conf/load.h"
#include "conf/mark.h"

namespace penstock::conf {

/// Keeps the first kMost problems: a file that is wrong everywhere needs no longer list. Belongs to one load.
class Problems {
 public:
  static constexpr std::size_t kMost = 200;

  explicit Problems(std::string file) : file_(std::move(file)) {}

  /// The message is put behind the name of the key that is being read: "weight: must be …".
  void add(Mark mark, const std::string& message);
  /// Counts those beyond kMost too.
  std::size_t count() const { return count_; }
  /// In file order, each once. Leaves the collection empty.
  std::vector<Problem> take();

  /// While it lives, problems are about the key `name`.
  class About {
   public:
    About(Problems& problems, std::string name) : problems_(problems), before_(std::move(problems.about_)) {
      problems.about_ = std::move(name);
    }
    ~About() { problems_.about_ = std::move(before_); }
    About(const About&) = delete;
    About& operator=(const About&) = delete;

   private:
    Problems& problems_;
    std::string before_;
  };

 private:
  const std::string file_;
  std::string about_;
  std::size_t count_ = 0;
  std::vector<Problem> found_;
};

}  // namespace penstock::conf
