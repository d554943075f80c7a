// A server of somebody else's that a test starts, kills and starts again: Consul, etcd, ZooKeeper.
#pragma once

#include <csignal>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace penstock::e2e {

/// Why a test that needs all these programs and files (those with a slash) has to be skipped; empty: they are there. On
/// a build machine (the environment has CI) nothing is skipped: the test fails when it starts the program.
std::string why_skip(std::initializer_list<std::string> needed);

class RealServer {
 public:
  /// Starts nothing. `serves` says whether it answers; it may throw HarnessError.
  RealServer(std::vector<std::string> arguments, std::function<bool()> serves)
      : arguments_(std::move(arguments)), serves_(std::move(serves)) {}

  /// With the same arguments, ports and data as before. Without waiting, for who measures that.
  void start_only() { process_ = std::make_unique<Process>(arguments_); }
  /// Waits until it serves; false if it has ended, or takes too long.
  bool wait_until_it_serves();
  /// Throws HarnessError if it doesn't serve in time.
  void start();
  /// SIGKILL, and waits for the end.
  void kill() { process_.reset(); }
  void freeze() { process_->signal(SIGSTOP); }
  void thaw() { process_->signal(SIGCONT); }
  Process& process() { return *process_; }

 private:
  const std::vector<std::string> arguments_;
  const std::function<bool()> serves_;
  std::unique_ptr<Process> process_;
};

}  // namespace penstock::e2e
