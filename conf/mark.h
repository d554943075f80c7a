// A place in a file.
#pragma once

namespace penstock::conf {

/// Lines and columns count from 1, and 0 means the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  /// What is written in two places is the same: a value's place is no part of it.
  friend bool operator==(const Mark&, const Mark&) { return true; }
};

}  // namespace penstock::conf
