#include "tests/support/successor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace penstock::e2e {
namespace {

constexpr std::string_view kSign = " has taken over";

/// A new process becomes our child when its parent has ended. From the start: that one may end before we look.
[[maybe_unused]] const int kAdoptsOrphans = ::prctl(PR_SET_CHILD_SUBREAPER, 1);

/// The number of the process that the n-th such line of the log names; 0: there are fewer.
pid_t pid_in(const std::string& log, std::size_t number) {
  std::size_t at = log.find(kSign);
  while (--number > 0 && at != std::string::npos) at = log.find(kSign, at + 1);
  if (at == std::string::npos) return 0;
  return std::atoi(log.c_str() + log.rfind(' ', at - 1) + 1);
}

}  // namespace

Successor::Successor(Gateway& gateway, std::size_t number) : gateway_(gateway) {
  const bool there = eventually([&] { return (pid_ = pid_in(gateway.process().err().text(), number)) > 0; });
  if (!there) throw HarnessError("no new process has taken over:\n" + gateway.process().err().text());
  exit_fd_ = Fd(must(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open"));
}

Successor::~Successor() {
  if (ended_) return;
  signal(SIGINT);
  const std::optional<int> code = exit_code();
  if (code == 0) return;
  ADD_FAILURE() << "the new process did not end well: " << (code ? std::to_string(*code) : "it runs on") << "\n"
                << gateway_.process().err().text();
  signal(SIGKILL);
}

void Successor::signal(int number) {
  ::syscall(SYS_pidfd_send_signal, exit_fd_.get(), number, nullptr, 0);
}

std::optional<int> Successor::exit_code() {
  gateway_.process().exit_code();
  pollfd end{exit_fd_.get(), POLLIN, 0};
  if (::poll(&end, 1, static_cast<int>(kPatience.count())) != 1) return std::nullopt;
  int status = 0;
  // If it ends before its parent, that takes the exit code with it.
  const auto is_over = [&] {
    const pid_t found = ::waitpid(pid_, &status, WNOHANG);
    return found == pid_ || (found < 0 && errno == ECHILD);
  };
  if (!eventually(is_over)) return std::nullopt;
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace penstock::e2e
