#include "gateway/process/takeover.h"

#include <utility>

namespace penstock {
namespace {

constexpr Nanos kBetweenLooks = 10 * kNanosPerMilli;

}  // namespace

Takeover::Takeover(io::Loop& loop, int channel, Hooks hooks)
    : hooks_(std::move(hooks)),
      loop_(loop),
      channel_(std::make_unique<io::MessageChannel>(loop, channel,
                                                    [this](const std::string* message) { heard(message); })) {}

void Takeover::ready(const std::string& successor) {
  loop_.assert_here();
  if (!channel_->send(std::string(takeover::kReady) + successor)) hooks_.not_wanted();
}

void Takeover::taken(std::function<bool()> settled) {
  loop_.assert_here();
  settled_ = std::move(settled);
  patience_ends_ = loop_.now() + kLongestToSettle;
  look();
}

void Takeover::look() {
  if (!settled_() && loop_.now() < patience_ends_) return loop_.arm(next_look_, kBetweenLooks);
  channel_->send(std::string(takeover::kTaken));
  channel_.reset();
}

void Takeover::heard(const std::string* message) {
  if (settled_) return;  // the process before has ended, and this one serves
  if (message && *message == takeover::kTake) {
    hooks_.take();
  } else {
    hooks_.not_wanted();
  }
}

}  // namespace penstock
