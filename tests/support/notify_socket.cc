#include "tests/support/notify_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "tests/support/deadline.h"

namespace penstock::e2e {

NotifySocket::NotifySocket()
    : socket_(must(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")),
      stop_(must(::eventfd(0, EFD_CLOEXEC), "eventfd")) {
  const SocketAddress address = SocketAddress::unix_path(path_);
  must(::bind(socket_.get(), address.raw(), address.length()), "bind");
  thread_ = std::thread([this] { receive(); });
}

NotifySocket::~NotifySocket() {
  const std::uint64_t one = 1;
  must(static_cast<int>(::write(stop_.get(), &one, sizeof(one))), "write");
  thread_.join();
}

void NotifySocket::receive() {
  pollfd wanted[] = {{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  char bytes[4096];
  while (::poll(wanted, 2, -1) > 0 && wanted[1].revents == 0) {
    const ssize_t size = ::recv(socket_.get(), bytes, sizeof(bytes), 0);
    const std::lock_guard lock(mutex_);
    if (size > 0) messages_.emplace_back(bytes, static_cast<std::size_t>(size));
  }
}

std::vector<std::string> NotifySocket::wait_for(std::string_view part, std::size_t skip) {
  std::vector<std::string> messages;
  const bool came = eventually([&] {
    const std::lock_guard lock(mutex_);
    messages = messages_;
    return std::any_of(messages.begin() + static_cast<std::ptrdiff_t>(std::min(skip, messages.size())), messages.end(),
                       [&](const std::string& message) { return message.find(part) != std::string::npos; });
  });
  if (!came) throw TimedOut("the service manager was not told " + std::string(part));
  return messages;
}

std::size_t NotifySocket::count() const {
  const std::lock_guard lock(mutex_);
  return messages_.size();
}

std::size_t NotifySocket::count(std::string_view part) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(messages_.begin(), messages_.end(), [&](const std::string& message) {
    return message.find(part) != std::string::npos;
  }));
}

}  // namespace penstock::e2e
