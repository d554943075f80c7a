#include "discovery/zookeeper/thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "discovery/zookeeper/servers.h"
#include "gateway/base/nanos.h"
#include "gateway/base/steady_clock.h"

namespace penstock::discovery {
namespace {

/// A connection that was lost so soon counts as a failed try.
constexpr Nanos kShortest = kNanosPerSecond;
constexpr Nanos kLookUpEach = kNanosPerSecond;
constexpr Nanos kLongestWait = 60 * kNanosPerSecond;
constexpr int kAnswersAtOnce = 255;

}  // namespace

ZooKeeperThread::ZooKeeperThread(conf::ZooKeeper config, std::uint64_t seed, Deliver deliver)
    : config_(std::move(config)),
      literals_(are_literals(config_.servers)),
      deliver_(std::move(deliver)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      random_(seed) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

ZooKeeperThread::~ZooKeeperThread() {
  ::close(wake_fd_);
}

void ZooKeeperThread::run() {
  unconnected_since_ = steady_now();
  std::vector<Asked> asked;
  while (take(asked)) {
    ask_all(asked);
    turn();
    deliver();
  }
  handle_.reset();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  ended_changed_.notify_all();
}

void ZooKeeperThread::ask(Question question, NodeDone done) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back({std::move(question), std::move(done)});
  }
  wake();
}

void ZooKeeperThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
}

bool ZooKeeperThread::has_ended_in(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return ended_changed_.wait_for(lock, patience, [this] { return ended_; });
}

void ZooKeeperThread::wake() {
  [[maybe_unused]] const int result = ::eventfd_write(wake_fd_, 1);
}

/// False when it is to end.
bool ZooKeeperThread::take(std::vector<Asked>& asked) {
  const std::lock_guard lock(mutex_);
  asked.clear();
  asked.swap(asked_);
  return !stopping_;
}

void ZooKeeperThread::ask_all(std::vector<Asked>& asked) {
  for (Asked& each : asked) {
    auto answer = [this, done = std::move(each.done)](NodeAnswer& a) {
      tell([done, a = std::move(a)](SessionListener&) mutable { done(a); });
    };
    if (is_connected_) {
      each.question(*handle_, std::move(answer));
    } else {
      NodeAnswer nothing;
      answer(nothing);
    }
  }
}

void ZooKeeperThread::turn() {
  const Nanos now = steady_now();
  if (resume_at_ > now) {
    wait(-1, 0, resume_at_ - now);
    return;
  }
  if (!handle_ && !open()) return;
  auto interest = handle_->interest();
  // The library rests once after each round of all servers. The rest is ours to give, with jitter, and is over.
  if (interest.error == 0 && interest.fd < 0) interest = handle_->interest();
  if (interest.error != 0) return note(interest.error);
  if (!is_connected_ && interest.fd >= 0 && attempt_ == Attempt::none) {
    attempt_ = Attempt::tcp;
    attempt_began_ = now;
  }
  const Nanos patience = static_cast<Nanos>(interest.patience_ms) * kNanosPerMilli;
  const short revents = wait(interest.fd, interest.events, std::min(patience, patience_with_attempt(now)));
  if (interest.fd >= 0) note(process(interest.fd, revents));
}

Nanos ZooKeeperThread::patience_with_attempt(Nanos now) const {
  if (attempt_ == Attempt::none) return kLongestWait;
  const Nanos until = attempt_began_ + (attempt_ == Attempt::tcp ? kConnectPatience : session_patience_);
  return until > now ? until - now : 0;
}

/// What poll() says of `fd`; 0 if it is -1, or if time or a question came first.
short ZooKeeperThread::wait(int fd, short events, Nanos longest) {
  deliver();
  std::array<pollfd, 2> fds{{{wake_fd_, POLLIN, 0}, {fd, events, 0}}};
  const auto patience_ms = (std::min(longest, kLongestWait) + kNanosPerMilli - 1) / kNanosPerMilli;
  if (::poll(fds.data(), fd < 0 ? 1 : 2, static_cast<int>(patience_ms)) <= 0) return 0;
  eventfd_t ignored;
  if (fds[0].revents != 0) ::eventfd_read(wake_fd_, &ignored);
  return fds[1].revents;
}

int ZooKeeperThread::process(int fd, short revents) {
  const Nanos now = steady_now();
  if (revents == 0 && patience_with_attempt(now) == 0) revents = give_up(fd);
  if (attempt_ == Attempt::tcp && revents != 0) {
    attempt_ = Attempt::session;
    attempt_began_ = now;
  }
  int error = handle_->process(revents);
  // One answer each time: some more, so that thousands of answers are not as many tasks of the loop.
  for (int more = 0; more < kAnswersAtOnce && error == 0 && is_connected_; ++more) {
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, 0) != 1) break;
    error = handle_->process(readable.revents);
  }
  return error;
}

/// The library has no way to be told, and waits far longer. Returns what it is to find out now.
short ZooKeeperThread::give_up(int fd) {
  ::shutdown(fd, SHUT_RDWR);
  if (attempt_ == Attempt::tcp) return POLLOUT;
  session_patience_ = std::min(2 * session_patience_, kLongestWait);
  return POLLIN;
}

void ZooKeeperThread::note(int error) {
  const std::string why = error == 0 ? std::string() : ZooKeeperHandle::text_of(error);
  if (handle_->is_spent()) return spent();
  if (error == 0) {
    if (!is_connected_ && handle_->is_connected()) connected();
  } else if (is_connected_) {
    lost(why);
  } else {
    attempt_failed(why);
  }
}

bool ZooKeeperThread::open() {
  servers_ = resolve_servers(config_.servers);
  looked_up_at_ = steady_now();
  attempts_ = 0;
  attempt_ = Attempt::none;
  if (servers_.empty()) {
    round_failed("none of its servers' names has an address");
    return false;
  }
  try {
    handle_ = std::make_unique<ZooKeeperHandle>(config_, servers_, [this](const std::string& path, bool gone) {
      tell([path, gone](SessionListener& listener) { listener.changed(path, gone); });
    });
  } catch (const std::exception& e) {
    round_failed(e.what());
  }
  return handle_ != nullptr;
}

void ZooKeeperThread::connected() {
  is_connected_ = true;
  outage_told_ = false;
  connected_at_ = steady_now();
  session_patience_ = kConnectPatience;
  attempts_ = 0;
  attempt_ = Attempt::none;
  backoff_.worked(connected_at_);
  tell([server = handle_->server()](SessionListener& listener) { listener.connected(server); });
}

void ZooKeeperThread::lost(const std::string& why) {
  const Nanos now = steady_now();
  is_connected_ = false;
  unconnected_since_ = now;
  attempts_ = 0;
  handle_->forget_watches();
  tell_failure(why);
  if (now - connected_at_ < kShortest) resume_at_ = now + backoff_.failed(now, random_.next());
}

void ZooKeeperThread::attempt_failed(const std::string& why) {
  attempt_ = Attempt::none;
  const auto servers = static_cast<std::size_t>(std::count(servers_.begin(), servers_.end(), ',')) + 1;
  if (++attempts_ < servers) {
    tell([why](SessionListener& listener) { listener.failed(why); });
  } else {
    round_failed(why);
  }
}

void ZooKeeperThread::round_failed(const std::string& why) {
  const Nanos now = steady_now();
  attempts_ = 0;
  tell_failure(why);
  resume_at_ = now + backoff_.failed(now, random_.next());
  if (!handle_) return;
  if (now - unconnected_since_ > nanos(handle_->session_timeout())) {
    handle_.reset();
    unconnected_since_ = now;
  } else {
    look_up_again();
  }
}

void ZooKeeperThread::spent() {
  const Nanos now = steady_now();
  const bool refused = handle_->is_refused();
  handle_.reset();
  is_connected_ = false;
  unconnected_since_ = now;
  if (refused) {
    tell_failure("authentication failed");
    resume_at_ = now + auth_backoff_.failed(now, random_.next());
    return;
  }
  tell_failure("the session has expired");
  if (expired_at_ != 0 && now - expired_at_ < kShortest) resume_at_ = now + backoff_.failed(now, random_.next());
  expired_at_ = now;
}

void ZooKeeperThread::look_up_again() {
  const Nanos now = steady_now();
  if (literals_ || now - looked_up_at_ < kLookUpEach) return;
  looked_up_at_ = now;
  const std::string found = resolve_servers(config_.servers);
  if (found.empty() || found == servers_) return;
  servers_ = found;
  handle_->use_servers(servers_);
}

void ZooKeeperThread::tell_failure(const std::string& why) {
  tell([why](SessionListener& listener) { listener.failed(why); });
  if (!std::exchange(outage_told_, true)) {
    tell([why](SessionListener& listener) { listener.disconnected(why); });
  }
}

void ZooKeeperThread::deliver() {
  if (telling_.empty()) return;
  const std::lock_guard lock(mutex_);
  if (!stopping_) deliver_(std::exchange(telling_, {}));
}

}  // namespace penstock::discovery
