#include "gateway/io/background.h"

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

}  // namespace

void in_background(Loop& loop, std::function<void()> work, std::function<void()> done) {
  auto* job = new Work{{}, loop, std::move(work), std::move(done)};
  job->uv.data = job;
  uv_queue_work(
      loop.raw(), &job->uv, [](uv_work_t* uv) { static_cast<Work*>(uv->data)->work(); },
      [](uv_work_t* uv, int) {
        const std::unique_ptr<Work> finished(static_cast<Work*>(uv->data));
        finished->loop.now();  // the turn begins here, for whoever watches its length
        finished->done();
      });
}

void free_in_background(Loop& loop, std::shared_ptr<const void> object) {
  loop.post([&loop, object = std::move(object)]() mutable {
    in_background(
        loop, [object = std::move(object)]() mutable { object.reset(); }, [] {});
  });
}

}  // namespace penstock::io
