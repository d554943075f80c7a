#include "gateway/deployment/listeners.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>

#include "gateway/deployment/socket_address.h"

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

std::vector<HandedSocket> open_all(const std::string& name, const io::SocketAddress& at, std::size_t workers) {
  io::SocketAddress address = at;
  io::ListeningSocket::check_free(address);
  std::vector<HandedSocket> sockets;
  const std::size_t count = address.family() == AF_UNIX ? 1 : workers;
  while (sockets.size() < count) {
    sockets.push_back({name, true, io::ListeningSocket::open(address)});
    address = sockets.back().socket->address();
  }
  return sockets;
}

}  // namespace

std::set<std::string> Listeners::Prepared::names() const {
  std::set<std::string> names;
  for (const auto& [name, sockets] : fresh_) names.insert(name);
  return names;
}

Listeners::Prepared Listeners::prepare(const conf::Config& config, Inheritance& inherited) const {
  Prepared prepared;
  const std::vector<std::string> names = names_of(config);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (open_.contains(names[i])) continue;
    const io::SocketAddress address = socket_address(config.listeners[i].bind);
    std::vector<HandedSocket> sockets = inherited.take(names[i], address);
    if (sockets.empty()) sockets = open_all(names[i], address, workers_.size());
    for (HandedSocket& socket : sockets) socket.name = names[i];
    prepared.fresh_.emplace(names[i], std::move(sockets));
  }
  return prepared;
}

/// Of inherited ones there may be fewer than workers. More are opened only now, for the kernel gives them connections
/// at once; if that is not allowed (a port below 1024, without the right to it any more), workers share.
void Listeners::grow(std::vector<HandedSocket>& sockets) const {
  const HandedSocket& first = sockets.front();
  try {
    while (sockets.size() < workers_.size() && first.socket->may_have_siblings()) {
      sockets.push_back({first.name, first.is_ours, io::ListeningSocket::open(first.socket->address())});
    }
  } catch (const std::exception& error) {
    spdlog::warn("workers share a socket: {}", error.what());
  }
}

/// Whether there are more workers or more sockets: none of either is left without the other.
void Listeners::listen(const Open& open) {
  const bool is_unix = open.sockets.front().socket->address().family() == AF_UNIX;
  const std::size_t count = is_unix ? open.sockets.size() : std::max(open.sockets.size(), workers_.size());
  for (std::size_t i = 0; i < count; ++i) {
    workers_[i % workers_.size()]->listen(open.number, open.sockets[i % open.sockets.size()].socket, open.parts);
  }
}

std::vector<HandedSocket> Listeners::sockets() const {
  std::vector<HandedSocket> all;
  for (const auto& [name, open] : open_) all.insert(all.end(), open.sockets.begin(), open.sockets.end());
  return all;
}

std::vector<Listeners::Fresh> Listeners::adopt(Prepared prepared, const conf::Config& config, const TlsContexts& tls) {
  std::map<std::string, Open> before = std::move(open_);
  open_.clear();
  names_ = names_of(config);
  std::vector<Fresh> fresh;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    proxy::ListenerParts parts = {config.listeners[i], tls.listeners[i].context};
    if (auto known = before.extract(names_[i])) {
      Open& open = open_.insert(std::move(known)).position->second;
      if (open.parts.config == parts.config && !parts.tls) continue;
      parts.tls_stats = open.parts.tls_stats;
      parts.counts = open.parts.counts;
      set_parts(open, std::move(parts));
      continue;
    }
    Open& open =
        open_.emplace(names_[i], Open{next_number_++, {}, std::move(prepared.fresh_.at(names_[i]))}).first->second;
    parts.counts = std::make_shared<proxy::ConnectionCounts>(key_);
    if (parts.tls) parts.tls_stats = std::make_shared<observe::TlsStats>();
    open.parts = std::move(parts);
    grow(open.sockets);
    for (const HandedSocket& each : open.sockets) {
      if (each.is_ours) each.socket->own_path();
    }
    fresh.push_back({open.sockets.front().socket->address(), open.parts.tls != nullptr});
    listen(open);
  }
  for (const auto& [name, open] : before) {
    for (const auto& worker : workers_) worker->close_listener(open.number, config.drain_timeout);
  }
  return fresh;
}

void Listeners::set_parts(Open& open, proxy::ListenerParts parts) {
  if (parts.tls && !parts.tls_stats) parts.tls_stats = std::make_shared<observe::TlsStats>();
  open.parts = std::move(parts);
  for (const auto& worker : workers_) worker->change(open.number, open.parts);
}

Listeners::Open* Listeners::at(std::size_t index) {
  const auto found = index < names_.size() ? open_.find(names_[index]) : open_.end();
  return found == open_.end() ? nullptr : &found->second;
}

void Listeners::change_tls(std::size_t index, io::ServerTlsPtr tls) {
  Open* const open = at(index);
  if (!open) return;
  ++open->tls_reloads_succeeded;
  set_parts(*open, {open->parts.config, std::move(tls), open->parts.tls_stats, open->parts.counts});
}

void Listeners::count_refused_tls(std::size_t index) {
  if (Open* const open = at(index)) ++open->tls_reloads_failed;
}

std::vector<Listeners::Encrypted> Listeners::encrypted() const {
  std::vector<Encrypted> all;
  for (const auto& [name, open] : open_) {
    if (open.parts.tls)
      all.push_back(
          {open.sockets.front().socket->address(), open.parts, open.tls_reloads_succeeded, open.tls_reloads_failed});
  }
  return all;
}

bool Listeners::bounded() const {
  return std::any_of(open_.begin(), open_.end(), [](const auto& entry) {
    const conf::ListenerLimits& max = entry.second.parts.config.max;
    return max.connections || max.connections_per_client;
  });
}

std::vector<std::string> Listeners::refusals() {
  std::vector<std::string> lines;
  for (auto& [name, open] : open_) {
    const proxy::ConnectionCounts::Refused now = open.parts.counts->refused();
    std::string reasons;
    for (std::size_t i = 0; i < now.by_bound.size(); ++i) {
      const std::uint64_t fresh = now.by_bound[i] - open.told.by_bound[i];
      if (fresh == 0) continue;
      reasons += (reasons.empty() ? "" : ", ") + std::to_string(fresh) + " beyond max." +
                 std::string(observe::name(static_cast<observe::ConnectionBound>(i)));
    }
    open.told = now;
    if (reasons.empty()) continue;
    lines.push_back("listener " + open.parts.config.bind.text() + ": connections closed at once: " + reasons +
                    (now.last != 0 ? "; the last was of " + proxy::client_text(now.last) : ""));
  }
  return lines;
}

}  // namespace penstock
