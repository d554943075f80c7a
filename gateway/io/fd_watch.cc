#include "gateway/io/fd_watch.h"

#include <uv.h>

#include <utility>

#include "gateway/io/loop.h"

namespace penstock::io {

struct FdWatch::State {
  Loop& loop;
  uv_poll_t poll{};
  Ready ready;
};

FdWatch::FdWatch(Loop& loop, int fd, Ready ready) : state_(new State{loop, {}, std::move(ready)}) {
  uv_poll_init(loop.raw(), &state_->poll, fd);
  state_->poll.data = state_;
}

FdWatch::~FdWatch() {
  uv_poll_stop(&state_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->poll),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

void FdWatch::want(bool readable, bool writable) {
  state_->loop.assert_here();
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&state_->poll);
    return;
  }
  uv_poll_start(&state_->poll, events, [](uv_poll_t* handle, int status, int what) {
    const auto* state = static_cast<State*>(handle->data);
    const Ready ready = state->ready;  // the call may free it
    ready(status < 0 || (what & UV_READABLE) != 0, status < 0 || (what & UV_WRITABLE) != 0);
  });
}

}  // namespace penstock::io
