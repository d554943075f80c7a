// What is wrong with a file, collected while it is read, so that all of it is reported in one go.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conf/mark.h"

namespace penstock::conf {

/// One thing wrong with a file. Lines and columns count from 1; 0 where the file as a whole is meant.
struct Problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;  ///< one sentence, with a "did you mean" where a name was nearly right

  /// "FILE:LINE:COLUMN: message"
  std::string text() const;
};

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
