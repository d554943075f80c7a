#include "gateway/listeners.h"

#include <algorithm>
#include <stdexcept>

#include "gateway/socket_address.h"

namespace penstock {
namespace {

/// A listener is known by its address as written, the second one of the same (port 0) with a number behind it.
std::vector<std::string> names_of(const conf::Config& config) {
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const conf::Listener& listener : config.listeners) {
    const std::string text = listener.bind.text();
    names.push_back(text + " " + std::to_string(seen[text]++));
  }
  return names;
}

std::vector<std::shared_ptr<io::ListeningSocket>> open_all(const conf::Listener& listener, std::size_t workers) {
  io::SocketAddress address = socket_address(listener.bind);
  io::ListeningSocket::check_free(address);
  std::vector<std::shared_ptr<io::ListeningSocket>> sockets;
  const std::size_t count = address.family() == AF_UNIX ? 1 : workers;
  while (sockets.size() < count) {
    sockets.push_back(io::ListeningSocket::open(address));
    address = sockets.back()->address();
  }
  return sockets;
}

}  // namespace

Listeners::Prepared Listeners::prepare(const conf::Config& config) const {
  Prepared prepared;
  const std::vector<std::string> names = names_of(config);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!open_.contains(names[i])) prepared.fresh_.emplace(names[i], open_all(config.listeners[i], workers_.size()));
  }
  return prepared;
}

std::vector<io::SocketAddress> Listeners::adopt(Prepared prepared, const conf::Config& config) {
  std::map<std::string, Open> before = std::move(open_);
  open_.clear();
  const std::vector<std::string> names = names_of(config);
  std::vector<io::SocketAddress> fresh;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const conf::Listener& listener = config.listeners[i];
    if (auto known = before.extract(names[i])) {
      Open& open = open_.insert(std::move(known)).position->second;
      if (open.config == listener) continue;
      open.config = listener;
      for (const auto& worker : workers_) worker->change(open.number, listener);
      continue;
    }
    Open& open = open_
                     .emplace(names[i], Open{next_number_++, listener, std::move(prepared.fresh_.at(names[i])),
                                             std::make_shared<proxy::ConnectionCounts>(key_)})
                     .first->second;
    fresh.push_back(open.sockets.front()->address());
    for (std::size_t w = 0; w < open.sockets.size(); ++w)
      workers_[w]->listen(open.number, open.sockets[w], listener, open.counts);
  }
  for (const auto& [name, open] : before) {
    for (const auto& worker : workers_) worker->close_listener(open.number, config.drain_timeout);
  }
  return fresh;
}

bool Listeners::bounded() const {
  return std::any_of(open_.begin(), open_.end(), [](const auto& entry) {
    const conf::ListenerLimits& max = entry.second.config.max;
    return max.connections || max.connections_per_client;
  });
}

std::vector<std::string> Listeners::refusals() {
  std::vector<std::string> lines;
  for (auto& [name, open] : open_) {
    const proxy::ConnectionCounts::Refused now = open.counts->refused();
    std::string reasons;
    for (std::size_t i = 0; i < now.by_bound.size(); ++i) {
      const std::uint64_t fresh = now.by_bound[i] - open.told.by_bound[i];
      if (fresh == 0) continue;
      reasons += (reasons.empty() ? "" : ", ") + std::to_string(fresh) + " beyond max." +
                 std::string(observe::name(static_cast<observe::ConnectionBound>(i)));
    }
    open.told = now;
    if (reasons.empty()) continue;
    lines.push_back("listener " + open.config.bind.text() + ": connections closed at once: " + reasons +
                    (now.last != 0 ? "; the last was of " + proxy::client_text(now.last) : ""));
  }
  return lines;
}

}  // namespace penstock
