#include "gateway/drain.h"

#include <utility>
#include <vector>

#include "gateway/proxy/downstream.h"

namespace penstock {
namespace {

constexpr Nanos kIdleGrace = 500 * kNanosPerMilli;
constexpr Nanos kLookEvery = 20 * kNanosPerMilli;

}  // namespace

Drain::Drain(proxy::Context& context, conf::milliseconds timeout, std::function<void()> done)
    : context_(context),
      done_(std::move(done)),
      close_idle_at_(context.loop.now() + kIdleGrace),
      cut_at_(context.loop.now() + static_cast<Nanos>(timeout.count()) * kNanosPerMilli),
      next_look_([](void* self) { static_cast<Drain*>(self)->look(); }, this) {
  context_.draining = true;
  look();
}

void Drain::look() {
  const Nanos now = context_.loop.now();
  if (now >= cut_at_) {
    while (proxy::Downstream* connection = context_.connections.front()) connection->close(ErrorKind::draining);
  } else if (now >= close_idle_at_) {
    context_.connections.for_each([](proxy::Downstream& connection) {
      if (connection.idle()) connection.close_gracefully();
    });
  }
  if (context_.connections.empty()) {
    std::exchange(done_, [] {})();
    return;
  }
  context_.loop.arm(next_look_, kLookEvery);
}

}  // namespace penstock
