#include "gateway/worker/old_views.h"

#include <algorithm>
#include <vector>

#include "gateway/base/nanos.h"
#include "gateway/proxy/client_connection.h"

namespace penstock {
namespace {

/// Into how many parts a timeout is divided; what is due within one of them ends together, a little late.
constexpr Nanos kParts = 128;

}  // namespace

OldViews::OldViews(proxy::Context& context) : context_(context), next_(Deadline::of<&OldViews::end_due>(this)) {}

void OldViews::replaced(std::uint64_t view_number, conf::milliseconds timeout) {
  context_.loop.assert_here();
  const Nanos wait = nanos(timeout);
  const Nanos part = std::max(wait / kParts, kNanosPerMilli);
  const Nanos at = ((context_.loop.now() + wait) / part + 1) * part;
  // A shorter timeout than before holds for what is older, too.
  while (!due_.empty() && due_.back().at >= at) due_.pop_back();
  due_.push_back({view_number, at});
  if (due_.size() == 1) context_.loop.arm(next_, at - context_.loop.now());
}

void OldViews::end_due() {
  const Nanos now = context_.loop.now();
  std::uint64_t last = 0;
  for (; !due_.empty() && due_.front().at <= now; due_.pop_front()) last = due_.front().view_number;
  if (last != 0) end_exchanges_of(last);
  if (!due_.empty()) context_.loop.arm(next_, due_.front().at - now);
}

void OldViews::end_exchanges_of(std::uint64_t view_number) {
  std::vector<proxy::ClientConnection*> all;
  context_.connections.for_each([&](proxy::ClientConnection& connection) { all.push_back(&connection); });
  // A connection that is closed takes no other with it.
  for (proxy::ClientConnection* connection : all) connection->end_exchanges_of(view_number);
}

}  // namespace penstock
