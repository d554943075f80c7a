#include "tests/support/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace penstock::e2e {
namespace {

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Pipe new_pipe() {
  int ends[2];
  must(::pipe2(ends, O_CLOEXEC), "pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* arguments, char* const* environment, int out, int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  std::vector<std::string> variables = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  Pipe out = new_pipe();
  Pipe err = new_pipe();
  const pid_t parent = ::getpid();
  pid_ = must(::fork(), "fork");
  if (pid_ == 0) become(argv.data(), envp.data(), out.write_end.get(), err.write_end.get(), parent);
  exit_fd_ = Fd(must(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open"));
  out_ = std::make_unique<Output>(std::move(out.read_end));
  err_ = std::make_unique<Output>(std::move(err.read_end));
}

Process::~Process() {
  if (is_running()) kill_now();
  check_for_sanitizer_reports();
}

void Process::kill_now() {
  signal(SIGKILL);
  exit_code();
}

void Process::check_for_sanitizer_reports() {
  const std::string text = err_->all();
  for (const char* sign : {"Sanitizer", "runtime error:"}) {
    if (text.find(sign) != std::string::npos) ADD_FAILURE() << "a sanitizer reports:\n" << text;
  }
}

void Process::signal(int number) {
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<int> Process::exit_code(milliseconds patience) {
  if (exit_code_) return exit_code_;
  pollfd ended{exit_fd_.get(), POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
  int status = 0;
  must(::waitpid(pid_, &status, 0), "waitpid");
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return exit_code_;
}

std::size_t Process::resident_bytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib * 1024;
  }
  throw HarnessError("the process has no memory: it has ended");
}

std::size_t Process::open_descriptors() const {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::string Process::threads() const {
  std::ostringstream text;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
    std::string stat, waits_in;
    std::getline(std::ifstream(task.path() / "stat"), stat);
    std::getline(std::ifstream(task.path() / "wchan"), waits_in);
    std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
    std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
    if (values.size() < 13) continue;
    text << stat.substr(0, stat.rfind(')') + 1) << " " << values[0] << " user " << values[11] << " system "
         << values[12] << " in " << waits_in << "\n";
  }
  return text.str();
}

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace penstock::e2e
