// A real child process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/output.h"

namespace penstock::e2e {

/// Runs from construction to destruction, at the latest: then it is killed. It never outlives the test program. A
/// sanitizer's report on its stderr fails the test.
class Process {
 public:
  /// arguments[0] is the program, looked up in PATH unless it has a slash. environment: "NAME=value", beside our own.
  explicit Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number);
  /// Waits for its end. The exit code; the negative signal number if one killed it; nothing if it runs on.
  std::optional<int> exit_code(milliseconds patience = kPatience);
  bool is_running() { return !exit_code(milliseconds(0)); }

  Output& out() { return *out_; }
  Output& err() { return *err_; }
  pid_t pid() const { return pid_; }
  /// VmRSS, in bytes.
  std::size_t resident_bytes() const;
  std::size_t open_descriptors() const;
  /// Each thread's name, state (R runs, S sleeps), CPU ticks and where in the kernel it waits: for one that won't end.
  std::string threads() const;

 private:
  void kill_now();
  void check_for_sanitizer_reports();

  pid_t pid_ = -1;
  Fd exit_fd_;  ///< a pidfd: readable when the process has ended
  std::optional<int> exit_code_;
  std::unique_ptr<Output> out_;
  std::unique_ptr<Output> err_;
};

/// Whether a program can be found in PATH.
bool is_installed(const std::string& program);

/// Whether this build has a sanitizer: memory and time then say nothing about the program.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace penstock::e2e
