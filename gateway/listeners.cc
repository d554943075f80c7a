#include "gateway/listeners.h"

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
      set_parts(open, std::move(parts));
      continue;
    }
    Open& open =
        open_.emplace(names_[i], Open{next_number_++, {}, std::move(prepared.fresh_.at(names_[i]))}).first->second;
    if (parts.tls) parts.tls_stats = std::make_shared<observe::TlsStats>();
    open.parts = std::move(parts);
    fresh.push_back({open.sockets.front()->address(), open.parts.tls != nullptr});
    for (std::size_t w = 0; w < open.sockets.size(); ++w) workers_[w]->listen(open.number, open.sockets[w], open.parts);
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
  set_parts(*open, {open->parts.config, std::move(tls), open->parts.tls_stats});
}

void Listeners::count_refused_tls(std::size_t index) {
  if (Open* const open = at(index)) ++open->tls_reloads_failed;
}

std::vector<Listeners::Encrypted> Listeners::encrypted() const {
  std::vector<Encrypted> all;
  for (const auto& [name, open] : open_) {
    if (open.parts.tls)
      all.push_back({open.sockets.front()->address(), open.parts, open.tls_reloads_succeeded, open.tls_reloads_failed});
  }
  return all;
}

}  // namespace penstock
