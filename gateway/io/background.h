// Work that would hold up a loop, such as reading files: on libuv's thread pool, where it lets requests go first, and
// back.
#pragma once

#include <functional>
#include <memory>

#include "gateway/base/alive.h"

namespace penstock::io {

class Loop;

/// Runs `work` on another thread, then `done` on the loop's. Neither may throw, and neither can be cancelled: what
/// `work` uses must be its own or shared, and `done` must see for itself whether anybody is still interested. A loop
/// that is destroyed first waits for the work, and `done` runs then.
void in_background(Loop& loop, std::function<void()> work, std::function<void()> done);

/// The same for somebody who may lose interest: once this is gone, `done` is not called. It may destroy this.
class BackgroundJob {
 public:
  BackgroundJob(Loop& loop, std::function<void()> work, std::function<void()> done);

 private:
  Alive alive_;
};

/// Lets go on the thread pool of what takes long to free. Any thread may call it.
void free_in_background(Loop& loop, std::shared_ptr<const void> object);

}  // namespace penstock::io
