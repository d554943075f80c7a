// Another program, started by this one.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace penstock::io {

class Loop;

/// Belongs to the loop's thread. Destroyed, it leaves the program to itself, and tells no more of it.
class ChildProcess {
 public:
  struct Plan {
    std::string program;                   ///< a path, or a name to be found in PATH
    std::vector<std::string> arguments;    ///< the first is its name
    std::vector<std::string> environment;  ///< "NAME=value"
    std::vector<int> descriptors;          ///< become its 0, 1, 2, …; all others close on exec
  };
  /// "exit code 1", "signal 9". From the loop, never from within the constructor.
  using Ended = std::function<void(const std::string& how)>;

  /// Throws std::runtime_error if it can't be started.
  ChildProcess(Loop& loop, const Plan& plan, Ended ended);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const;
  /// Nothing happens if it has ended.
  void signal(int number);

 private:
  struct State;
  State* state_;  ///< freed when libuv has closed its handle
};

}  // namespace penstock::io
