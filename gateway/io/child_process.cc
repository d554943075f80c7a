#include "gateway/io/child_process.h"

#include <uv.h>

#include <stdexcept>
#include <utility>

#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

struct ChildProcess::State {
  Loop& loop;
  uv_process_t process{};
  Ended ended;

  static void on_exit(uv_process_t* process, std::int64_t code, int signal) {
    const Ended ended = static_cast<State*>(process->data)->ended;  // the call may free it
    ended(signal != 0 ? "signal " + std::to_string(signal) : "exit code " + std::to_string(code));
  }
};

ChildProcess::ChildProcess(Loop& loop, const Plan& plan, Ended ended) : state_(new State{loop, {}, std::move(ended)}) {
  std::vector<char*> arguments = pointers(plan.arguments);
  std::vector<char*> environment = pointers(plan.environment);
  std::vector<uv_stdio_container_t> descriptors;
  for (const int fd : plan.descriptors) {
    descriptors.emplace_back();
    descriptors.back().flags = UV_INHERIT_FD;
    descriptors.back().data.fd = fd;
  }
  uv_process_options_t options{};
  options.exit_cb = State::on_exit;
  options.file = plan.program.c_str();
  options.args = arguments.data();
  options.env = environment.data();
  options.stdio_count = static_cast<int>(descriptors.size());
  options.stdio = descriptors.data();
  const int error = uv_spawn(loop.raw(), &state_->process, &options);
  state_->process.data = state_;
  if (error == 0) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->process),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
  throw std::runtime_error(plan.program + " can't be started: " + uv_strerror(error));
}

ChildProcess::~ChildProcess() {
  state_->ended = [](const std::string&) {};
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->process),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

pid_t ChildProcess::pid() const {
  return state_->process.pid;
}

void ChildProcess::signal(int number) {
  state_->loop.assert_here();
  uv_process_kill(&state_->process, number);
}

}  // namespace penstock::io
