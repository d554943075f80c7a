#include "tests/support/relay.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "tests/support/deadline.h"

namespace penstock::e2e {

Relay::Relay(const SocketAddress& target) : target_(target), listener_(listen_on(SocketAddress::ipv4())) {
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  is_over_ = true;
  thread_.join();
}

void Relay::change(std::optional<std::string> lie) {
  const std::lock_guard lock(mutex_);
  next_lie_ = std::move(lie);
  is_to_change_ = true;
}

void Relay::obey() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(is_to_change_, false)) return;
  lie_ = next_lie_;
  pairs_.clear();
}

void Relay::run() {
  constexpr int kTick_ms = 5;  // how soon a change of the flags is seen
  while (!is_over_) {
    obey();
    std::vector<pollfd> fds;
    if (!is_silent_) {
      fds.push_back({listener_.get(), POLLIN, 0});
      for (const Pair& pair : pairs_) {
        fds.push_back({pair.client.get(), POLLIN, 0});
        fds.push_back({pair.server.get(), POLLIN, 0});
      }
    }
    if (::poll(fds.data(), fds.size(), kTick_ms) <= 0 || is_silent_) continue;
    std::size_t at = 1;
    pairs_.remove_if([&](const Pair& pair) {
      const bool from_client = fds[at++].revents != 0;
      const bool from_server = fds[at++].revents != 0;
      if (lie_) return from_client && !fool(pair.client);
      return (from_client && !pass_on(pair.client, pair.server)) || (from_server && !pass_on(pair.server, pair.client));
    });
    if (fds[0].revents != 0) accept();
  }
}

void Relay::accept() try {
  Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!client.is_open()) return;
  Fd server = lie_ ? Fd() : connect_to(target_);
  pairs_.push_back({std::move(client), std::move(server)});
} catch (const HarnessError&) {
  // The client's connection closes, as if the target had refused it.
}

/// False: it has heard the lie, and may go.
bool Relay::fool(const Fd& client) const {
  std::array<char, 64 << 10> question;
  const ssize_t size = ::recv(client.get(), question.data(), question.size(), 0);
  if (size < 0 && errno == EAGAIN) return true;
  if (size > 0) ::send(client.get(), lie_->data(), lie_->size(), MSG_NOSIGNAL);
  return false;
}

bool Relay::pass_on(const Fd& from, const Fd& to) {
  std::array<char, 64 << 10> buffer;
  const ssize_t size = ::recv(from.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && errno == EAGAIN) return true;
  const Deadline deadline;
  for (ssize_t sent = 0; sent < size;) {
    const ssize_t n = ::send(to.get(), buffer.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (n < 0 && (errno != EAGAIN || deadline.passed())) return false;
    if (n < 0) {
      pollfd fd{to.get(), POLLOUT, 0};
      ::poll(&fd, 1, deadline.remaining_ms());
    }
    sent += n > 0 ? n : 0;
  }
  return size > 0;
}

}  // namespace penstock::e2e
