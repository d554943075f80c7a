#include "gateway/takeover.h"

#include <utility>

namespace penstock {

Takeover::Takeover(io::Loop& loop, int channel, Hooks hooks)
    : hooks_(std::move(hooks)),
      channel_(std::make_unique<io::MessageChannel>(loop, channel,
                                                    [this](const std::string* message) { heard(message); })) {}

void Takeover::ready(const std::string& successor) {
  if (!channel_->send(std::string(takeover::kReady) + successor)) hooks_.not_wanted();
}

void Takeover::taken() {
  channel_->send(std::string(takeover::kTaken));
  channel_.reset();
}

void Takeover::heard(const std::string* message) {
  if (message && *message == takeover::kTake) {
    hooks_.take();
  } else {
    hooks_.not_wanted();
  }
}

}  // namespace penstock
