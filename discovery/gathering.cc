#include "discovery/gathering.h"

#include <algorithm>
#include <utility>

#include "gateway/io/cpu_time.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

constexpr Nanos kRest = 9;
constexpr Nanos kLongestRest = 2 * kNanosPerSecond;

}  // namespace

struct Gathering::State : std::enable_shared_from_this<State> {
  State(io::Loop& on, std::function<void()> how) : loop(on), tell(std::move(how)) {}

  bool now() {
    const auto self = shared_from_this();
    timer.cancel();
    const Nanos before = io::thread_cpu_time();
    tell();
    not_before = io::Loop::clock() + std::min(kRest * (io::thread_cpu_time() - before), kLongestRest);
    return here;
  }

  io::Loop& loop;
  const std::function<void()> tell;
  Nanos not_before = 0;
  bool here = true;
  Deadline timer = Deadline::of<&State::now>(this);
};

Gathering::Gathering(io::Loop& loop, std::function<void()> tell)
    : state_(std::make_shared<State>(loop, std::move(tell))) {}

Gathering::~Gathering() {
  state_->here = false;
  state_->timer.cancel();
}

void Gathering::soon() {
  state_->loop.assert_here();
  const Nanos time = io::Loop::clock();
  if (time >= state_->not_before) {
    state_->now();
  } else if (!state_->timer.armed()) {
    state_->loop.arm(state_->timer, state_->not_before - time);
  }
}

bool Gathering::now() {
  state_->loop.assert_here();
  return state_->now();
}

bool Gathering::waits() const {
  return state_->timer.armed();
}

}  // namespace penstock::discovery
