// One thread's event loop: libuv, with what all sockets of the thread share.
//
// A turn of the loop works in batches: first everything that is ready is received and worked through, and only then is
// everything sent that came of it. One shared buffer receives, one arena holds what is to be sent; an idle connection
// holds neither.
#pragma once

#include <uv.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/slab.h"
#include "gateway/base/steady_clock.h"
#include "gateway/io/stream.h"

namespace penstock::io {

struct TlsScratch;

/// What Loop::dispose() takes.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

/// Belongs to the thread that calls run(), for as long as that goes on; only post() and stop() may be called from
/// others. Before and afterwards it belongs to whoever has it. Must outlive its streams.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Returns after stop(). Closes all handles that are left.
  void run();
  void stop();
  /// Runs the task on the loop's thread, between two turns, after those posted before it. Crowds of tasks are spread
  /// over turns, so that sockets don't wait for all of them. Tasks posted after stop() may never run.
  void post(std::function<void()> task);

  /// In builds with assertions, ends the process if run() is going on on another thread than this one: what belongs to
  /// a loop's thread begins with it. In others it is nothing.
  void assert_here([[maybe_unused]] const char* file = __builtin_FILE(),
                   [[maybe_unused]] int line = __builtin_LINE()) const {
#ifndef NDEBUG
    const std::thread::id home = runs_on_.load(std::memory_order_relaxed);
    if (home != std::thread::id() && home != std::this_thread::get_id()) not_here(file, line);
#endif
  }

  /// Steady time; read once per turn.
  Nanos now();
  /// The same, read at each call: for measuring what one does. Any thread.
  static Nanos clock() {
    return steady_now();
  }
  /// Wall-clock time in milliseconds since 1970; follows now(), set right against the system's clock every second.
  std::uint64_t unix_ms();

  void arm(Deadline& deadline, Nanos after) {
    assert_here();
    wheel_.arm(deadline, now() + after);
  }

  /// Frees an object at the turn's end: it may be in the middle of a call now.
  void dispose(std::unique_ptr<Disposable> object) {
    assert_here();
    disposed_.push_back(std::move(object));
  }

  /// Called with the length of each turn that did something, from its first look at the clock to its last send.
  void on_turn(std::function<void(Nanos)> observer) {
    turn_observer_ = std::move(observer);
  }

  // For the folder io/ only.
  uv_loop_t* raw() {
    assert_here();
    return &loop_;
  }
  std::span<char> receive_buffer() {
    return {receive_buffer_.get(), kReceiveBytes};
  }
  Slab<Stream>& streams() {
    return streams_;
  }
  /// Space at the end of the arena; nullptr if there is less than `size`.
  char* arena_space(std::size_t size) {
    return size <= kArenaBytes - arena_used_ ? arena_.get() + arena_used_ : nullptr;
  }
  void arena_commit(std::size_t size) {
    arena_used_ += size;
  }
  void want_flush(Stream& stream);
  /// Made when it is first needed.
  TlsScratch& tls_scratch();

 private:
  static constexpr std::size_t kReceiveBytes = 64 << 10;
  static constexpr std::size_t kArenaBytes = 256 << 10;

  [[noreturn]] static void not_here(const char* file, int line);
  void end_turn();
  void run_tasks();
  void set_timer();

  uv_loop_t loop_{};
  uv_prepare_t prepare_{};
  uv_async_t async_{};
  uv_timer_t timer_{};
  Nanos timer_due_ = 0;

  std::unique_ptr<char[]> receive_buffer_;
  std::unique_ptr<char[]> arena_;
  std::size_t arena_used_ = 0;
  std::unique_ptr<TlsScratch> tls_scratch_;
  Slab<Stream> streams_;
  IntrusiveList<StreamFlushLink> flush_;

  Nanos now_ = 0;
  bool now_is_stale_ = true;
  Nanos unix_checked_ = 0;
  std::uint64_t unix_offset_ms_ = 0;
  DeadlineWheel wheel_;
  std::vector<std::unique_ptr<Disposable>> disposed_;
  std::function<void(Nanos)> turn_observer_;

  // Shared with other threads.
#ifndef NDEBUG
  std::atomic<std::thread::id> runs_on_{};  ///< nobody: run() is not going on
#endif
  std::mutex tasks_mutex_;
  std::vector<std::function<void()>> tasks_;
};

}  // namespace penstock::io
