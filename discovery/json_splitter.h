// Finds where each JSON object of a stream of them ends, whatever pieces the stream comes in.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace penstock::discovery {

/// Pure. What it hands on begins with '{' and ends with the brace that closes it; whether it is JSON is the parser's
/// business. Blanks between objects are passed over.
class JsonSplitter {
 public:
  explicit JsonSplitter(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Calls `take` for each object that is whole now; it must not destroy this. False if something other than an object
  /// comes, or one is longer than most_bytes: then the stream is no use any more, and every later call is false, too.
  bool add(std::string_view piece, const std::function<void(std::string_view object)>& take);

 private:
  /// The position after the object's last byte, or npos if it goes on.
  std::size_t end_of_object(std::string_view piece, std::size_t from);
  bool fail();

  std::size_t most_bytes_;
  std::string begun_;  ///< of the object that is not whole yet
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool broken_ = false;
};

}  // namespace penstock::discovery
