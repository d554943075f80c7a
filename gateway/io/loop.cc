#include "gateway/io/loop.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "gateway/io/tls/session.h"

namespace penstock::io {
namespace {

/// Tasks that come in crowds (a configuration of a thousand upstreams) let sockets have their turn in between.
constexpr Nanos kTasksAtOnce = kNanosPerMilli;

std::uint64_t system_unix_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

/// libuv 1.45 to 1.48 (Ubuntu 24.04) work on files in a thread of the kernel's that keeps for ever the credentials that
/// the program had at its start: root's, when `user` has long made it somebody else (CVE-2024-22017 is Node's story of
/// it). Once, before the first loop, which is made while there is one thread.
void refuse_io_uring() {
  [[maybe_unused]] static const bool refused =
      uv_version() < (1 << 16 | 49 << 8) && ::setenv("UV_USE_IO_URING", "0", 1) == 0;
}

template <class T>
uv_handle_t* handle(T& h) {
  return reinterpret_cast<uv_handle_t*>(&h);
}

}  // namespace

Loop::Loop()
    : receive_buffer_(std::make_unique_for_overwrite<char[]>(kReceiveBytes)),
      arena_(std::make_unique_for_overwrite<char[]>(kArenaBytes)),
      wheel_(uv_hrtime()) {
  refuse_io_uring();
  if (const int error = uv_loop_init(&loop_)) throw std::runtime_error(uv_strerror(error));
  uv_prepare_init(&loop_, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_, [](uv_prepare_t* h) { static_cast<Loop*>(h->data)->end_turn(); });
  uv_async_init(&loop_, &async_, [](uv_async_t* h) { static_cast<Loop*>(h->data)->run_tasks(); });
  async_.data = this;
  uv_timer_init(&loop_, &timer_);
  timer_.data = this;
}

Loop::~Loop() {
  // Tasks that never ran may hold sockets, too, and what goes may send others after it.
  do {
    std::exchange(disposed_, {}).clear();
    std::exchange(tasks_, {}).clear();
  } while (!disposed_.empty() || !tasks_.empty());
  uv_walk(
      &loop_,
      [](uv_handle_t* h, void*) {
        if (!uv_is_closing(h)) uv_close(h, nullptr);
      },
      nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void Loop::run() {
#ifndef NDEBUG
  runs_on_ = std::this_thread::get_id();
#endif
  uv_run(&loop_, UV_RUN_DEFAULT);
#ifndef NDEBUG
  runs_on_ = std::thread::id();
#endif
}

void Loop::not_here(const char* file, int line) {
  std::fprintf(stderr, "%s:%d: called on another thread than the loop's\n", file, line);
  std::abort();
}

void Loop::stop() {
  post([this] { uv_stop(&loop_); });
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.push_back(std::move(task));
  }
  uv_async_send(&async_);
}

void Loop::run_tasks() {
  now();  // the turn begins here, for whoever watches its length
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks.swap(tasks_);
  }
  const Nanos enough = clock() + kTasksAtOnce;
  auto next = tasks.begin();
  while (next != tasks.end()) {
    std::exchange(*next++, nullptr)();  // gone before the next one begins, with whatever it holds
    if (clock() >= enough) break;
  }
  if (next == tasks.end()) return;
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.insert(tasks_.begin(), std::move_iterator(next), std::move_iterator(tasks.end()));
  }
  uv_async_send(&async_);
}

Nanos Loop::now() {
  assert_here();
  if (now_is_stale_) {
    now_ = uv_hrtime();
    now_is_stale_ = false;
  }
  return now_;
}

std::uint64_t Loop::unix_ms() {
  const Nanos time = now();
  if (unix_offset_ms_ == 0 || time - unix_checked_ > kNanosPerSecond) {
    unix_checked_ = time;
    unix_offset_ms_ = system_unix_ms() - time / kNanosPerMilli;
  }
  return unix_offset_ms_ + time / kNanosPerMilli;
}

void Loop::want_flush(Stream& stream) {
  assert_here();
  flush_.push_back(stream);
}

TlsScratch& Loop::tls_scratch() {
  assert_here();
  if (!tls_scratch_) tls_scratch_ = std::make_unique_for_overwrite<TlsScratch>();
  return *tls_scratch_;
}

void Loop::end_turn() {
  while (StreamFlushLink* link = flush_.pop_front()) static_cast<Stream*>(link)->flush();
  arena_used_ = 0;
  // Oldest first; what goes may send others after it.
  while (!disposed_.empty()) std::exchange(disposed_, {}).clear();
  if (!now_is_stale_) {
    if (turn_observer_) turn_observer_(uv_hrtime() - now_);
    now_is_stale_ = true;
  }
  set_timer();
}

void Loop::set_timer() {
  const auto next = wheel_.next();
  if (!next || (timer_due_ != 0 && timer_due_ <= *next)) return;
  timer_due_ = *next;
  const Nanos time = uv_hrtime();
  const std::uint64_t wait_ms = *next > time ? (*next - time) / kNanosPerMilli + 1 : 0;
  uv_update_time(&loop_);
  uv_timer_start(
      &timer_,
      [](uv_timer_t* h) {
        auto* loop = static_cast<Loop*>(h->data);
        loop->timer_due_ = 0;
        loop->wheel_.advance(loop->now());
      },
      wait_ms, 0);
}

}  // namespace penstock::io
