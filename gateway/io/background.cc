#include "gateway/io/background.h"

#include <sys/resource.h>
#include <uv.h>

#include <memory>
#include <utility>

#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

struct Work {
  uv_work_t uv{};
  Loop& loop;
  std::function<void()> work;
  std::function<void()> done;
};

/// Requests go first where there are not cores for all. Linux has a nice value for each thread, and 0 is the calling
/// one.
void step_back() {
  constexpr int kNicer = 5;
  static thread_local const int kDone = setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kNicer);
  (void)kDone;
}

}  // namespace

void in_background(Loop& loop, std::function<void()> work, std::function<void()> done) {
  loop.assert_here();
  auto* job = new Work{{}, loop, std::move(work), std::move(done)};
  job->uv.data = job;
  uv_queue_work(
      loop.raw(), &job->uv,
      [](uv_work_t* uv) {
        step_back();
        static_cast<Work*>(uv->data)->work();
      },
      [](uv_work_t* uv, int) {
        const std::unique_ptr<Work> finished(static_cast<Work*>(uv->data));
        finished->loop.now();  // the turn begins here, for whoever watches its length
        finished->done();
      });
}

BackgroundJob::BackgroundJob(Loop& loop, std::function<void()> work, std::function<void()> done) {
  in_background(loop, std::move(work), alive_.guard(std::move(done)));
}

void free_in_background(Loop& loop, std::shared_ptr<const void> object) {
  loop.post([&loop, object = std::move(object)]() mutable {
    in_background(
        loop, [object = std::move(object)]() mutable { object.reset(); }, [] {});
  });
}

}  // namespace penstock::io
