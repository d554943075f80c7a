// The process that a gateway has handed over to.
#pragma once

#include <sys/types.h>

#include <optional>

#include "tests/support/gateway.h"

namespace penstock::e2e {

/// Waits until a new process has taken over. It is no child of the test's until the one before has ended: so that must
/// be able to. The destructor asks it to stop (INT), and fails the test if it doesn't, or exits with an error.
class Successor {
 public:
  /// `number`: 1 for the first one after the gateway's own process, which `gateway` stands for and waits for.
  explicit Successor(Gateway& gateway, std::size_t number = 1);
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  /// As Process::exit_code(); once.
  std::optional<int> exit_code();

 private:
  Gateway& gateway_;
  pid_t pid_ = -1;
  Fd exit_fd_;
  bool ended_ = false;
};

}  // namespace penstock::e2e
