#include "gateway/process/upgrade.h"

#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

#include "gateway/process/takeover.h"

namespace penstock {
namespace {

/// For the configuration to be loaded (a registry's key takes up to 10 s) and endpoints to be found (2 s).
constexpr Nanos kStartPatience = 30 * kNanosPerSecond;
constexpr Nanos kTakePatience = 10 * kNanosPerSecond;

std::string joined(const std::set<std::string>& texts) {
  return packed(std::vector<std::string>(texts.begin(), texts.end()));
}

std::set<std::string> split(const std::string& bytes) {
  const auto texts = unpacked(bytes);
  return texts ? std::set<std::string>(texts->begin(), texts->end()) : std::set<std::string>();
}

}  // namespace

std::string Successor::packed() const {
  return penstock::packed(KeyValues{{"entries", joined(entries)}, {"sockets", joined(sockets)}});
}

Successor Successor::unpacked(const std::string& bytes) {
  auto values = unpacked_key_values(bytes).value_or(KeyValues());
  return {split(values["entries"]), split(values["sockets"])};
}

Upgrade::Upgrade(io::Loop& loop, Hooks hooks)
    : loop_(loop), hooks_(std::move(hooks)), patience_(Deadline::of<&Upgrade::took_too_long>(this)) {}

Upgrade::~Upgrade() {
  call_off();
}

void Upgrade::begin(const ProgramStart& how, const std::vector<HandedSocket>& sockets, KeyValues learned) {
  loop_.assert_here();
  const auto [ours, theirs] = io::MessageChannel::make_ends();
  auto channel =
      std::make_unique<io::MessageChannel>(loop_, ours, [this](const std::string* message) { heard(message); });
  Inheritance::Bequest bequest;
  try {
    bequest = Inheritance::bequeath(sockets, std::move(learned), theirs);
    io::ChildProcess::Plan plan = {how.program, how.arguments, how.environment, bequest.descriptors};
    plan.environment.push_back(bequest.variable);
    process_ = std::make_unique<io::ChildProcess>(loop_, plan, [this](const std::string& end) { ended(end); });
  } catch (...) {
    ::close(theirs);
    if (bequest.state_fd >= 0) ::close(bequest.state_fd);
    throw;
  }
  ::close(theirs);
  ::close(bequest.state_fd);
  channel_ = std::move(channel);
  phase_ = Phase::starting;
  loop_.arm(patience_, kStartPatience);
}

void Upgrade::ended(const std::string& end) {
  process_.reset();
  if (phase_ != Phase::none) fail("it ended with " + end);
}

void Upgrade::heard(const std::string* message) {
  if (!message) return;  // its end is told by the process itself, and says more
  if (phase_ == Phase::starting && message->starts_with(takeover::kReady)) {
    is_ready(message->substr(takeover::kReady.size()));
  } else if (phase_ == Phase::taking && *message == takeover::kTaken) {
    has_taken();
  } else {
    fail("it said what makes no sense");
  }
}

void Upgrade::is_ready(const std::string& successor) {
  phase_ = Phase::taking;
  loop_.arm(patience_, kTakePatience);
  hooks_.step_aside(Successor::unpacked(successor));
  if (!channel_->send(std::string(takeover::kTake))) fail("it does not listen");
}

void Upgrade::has_taken() {
  const pid_t pid = process_->pid();
  phase_ = Phase::none;
  patience_.cancel();
  channel_.reset();
  hooks_.taken_over(pid);
}

void Upgrade::took_too_long() {
  fail("it took too long");
}

void Upgrade::fail(const std::string& why) {
  const bool stood_aside = phase_ == Phase::taking;
  phase_ = Phase::none;
  patience_.cancel();
  if (process_) process_->signal(SIGKILL);
  channel_.reset();
  if (stood_aside) hooks_.step_back();
  hooks_.failed(why);
}

void Upgrade::call_off() {
  loop_.assert_here();
  if (phase_ == Phase::none) return;
  process_->signal(phase_ == Phase::taking ? SIGTERM : SIGKILL);
  phase_ = Phase::none;
  patience_.cancel();
  channel_.reset();
}

}  // namespace penstock
