// When a whole list is to be told of a registry that tells changes one by one: each list costs what it is long, however
// little has changed.
#pragma once

#include <functional>
#include <memory>

namespace penstock::io {
class Loop;
}

namespace penstock::discovery {

/// At once after a quiet time; under way all the time, it has a tenth of its thread: after a list it rests for nine
/// times the CPU time that it took the list to be made and heard, 2 s at most. Belongs to the loop's thread.
class Gathering {
 public:
  /// `tell` makes the list and tells it; it may destroy this.
  Gathering(io::Loop& loop, std::function<void()> tell);
  ~Gathering();
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  /// Something has changed. The last thing in a call, like now(): may destroy this.
  void soon();
  /// Whatever the rest. False if this was destroyed by it.
  bool now();
  /// Something has changed and was not told yet.
  bool waits() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with a call under way
};

}  // namespace penstock::discovery
