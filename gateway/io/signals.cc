#include "gateway/io/signals.h"

#include <uv.h>

#include <csignal>

#include "gateway/io/loop.h"

namespace penstock::io {

Signals::Signals(Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal)
    : on_signal_(std::move(on_signal)) {
  for (const int number : signals) {
    auto* handle = new uv_signal_t;
    uv_signal_init(loop.raw(), handle);
    handle->data = this;
    uv_signal_start(
        handle, [](uv_signal_t* h, int signum) { static_cast<Signals*>(h->data)->on_signal_(signum); }, number);
    handles_.push_back(handle);
  }
}

Signals::~Signals() {
  for (auto* handle : handles_) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* h) { delete reinterpret_cast<uv_signal_t*>(h); });
  }
}

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace penstock::io
