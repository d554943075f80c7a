#include "gateway/worker/drain.h"

#include <utility>
#include <vector>

#include "gateway/base/nanos.h"
#include "gateway/proxy/client_connection.h"

namespace penstock {
namespace {

constexpr Nanos kIdleGrace = 500 * kNanosPerMilli;
/// As long as a lost packet takes to be sent again, and once more.
constexpr Nanos kFreshGrace = 3 * kNanosPerSecond;
constexpr Nanos kLookEvery = 20 * kNanosPerMilli;

}  // namespace

Drain::Drain(proxy::Context& context, conf::milliseconds timeout, std::function<void()> done, Which which)
    : context_(context),
      done_(std::move(done)),
      which_(std::move(which)),
      close_idle_at_(context.loop.now() + kIdleGrace),
      close_fresh_at_(context.loop.now() + kFreshGrace),
      cut_at_(context.loop.now() + nanos(timeout)),
      next_look_(Deadline::of<&Drain::look>(this)) {
  look();
}

void Drain::look() {
  const Nanos now = context_.loop.now();
  std::vector<proxy::ClientConnection*> left;
  context_.connections.for_each([&](proxy::ClientConnection& connection) {
    if (which_(connection)) left.push_back(&connection);
  });
  // A connection that is closed takes no other with it.
  for (proxy::ClientConnection* connection : left) {
    if (now >= cut_at_) {
      connection->close(ErrorKind::draining);
    } else if (now >= (connection->fresh() ? close_fresh_at_ : close_idle_at_) && connection->idle()) {
      connection->close_gracefully();
    }
  }
  if (left.empty() || now >= cut_at_) {
    over_ = true;
    std::exchange(done_, [] {})();
    return;
  }
  context_.loop.arm(next_look_, kLookEvery);
}

}  // namespace penstock
