#include "gateway/proxy/client/connection_counts.h"

#include <algorithm>
#include <string_view>

namespace penstock::proxy {
namespace {

using observe::ConnectionBound;

constexpr std::size_t kPrefixBytes = 8;
/// IPv4 addresses are keyed like ::ffff:a.b.c.d with the zeros taken out; as a prefix of IPv6 that is reserved.
constexpr ClientKey kV4 = ClientKey{0xffff} << 32;

ClientKey number(const IpAddress& address, std::size_t from, std::size_t to) {
  ClientKey key = 0;
  for (std::size_t i = from; i < to; ++i) key = key << 8 | address.bytes()[i];
  return key;
}

}  // namespace

ClientKey client_key(const IpAddress& address) {
  if (address == IpAddress()) return 0;
  if (address.is_v4()) return kV4 | number(address, 12, 16);
  return std::max<ClientKey>(number(address, 0, kPrefixBytes), 1);  // ::1 is somebody
}

std::string client_text(ClientKey client) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < kPrefixBytes; ++i) bytes[i] = static_cast<std::uint8_t>(client >> (56 - 8 * i));
  if (client >> 32 == kV4 >> 32) return IpAddress::from_v4(std::span(bytes).subspan<4, 4>()).text();
  if (client == 1) bytes = {};
  return IpAddress::from_v6(bytes).text() + "/64";
}

// ---- the counts

std::size_t ConnectionCounts::Hash::operator()(ClientKey client) const {
  return siphash(key, {reinterpret_cast<const char*>(&client), sizeof(client)});
}

ConnectionCounts::ConnectionCounts(const SipKey& key) : hash_{key} {
  for (auto& shard : shards_) shard = std::make_unique<Shard>(hash_);
}

bool ConnectionCounts::add(std::uint32_t most) {
  std::uint32_t now = all_.load(std::memory_order_relaxed);
  while (now < most) {
    if (all_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

bool ConnectionCounts::add(ClientKey client, std::uint32_t most) {
  Shard& shard = shard_of(client);
  const std::lock_guard lock(shard.mutex);
  std::uint32_t& count = shard.counts[client];
  if (count >= most) return false;
  ++count;
  return true;
}

void ConnectionCounts::remove(ClientKey client) {
  Shard& shard = shard_of(client);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.counts.find(client);
  if (--found->second == 0) shard.counts.erase(found);
}

std::size_t ConnectionCounts::clients() const {
  std::size_t clients = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    clients += shard->counts.size();
  }
  return clients;
}

void ConnectionCounts::note_refused(ConnectionBound bound, ClientKey client) {
  refused_[static_cast<std::size_t>(bound)].fetch_add(1, std::memory_order_relaxed);
  last_refused_.store(client, std::memory_order_relaxed);
}

ConnectionCounts::Refused ConnectionCounts::refused() const {
  Refused refused;
  for (std::size_t i = 0; i < refused_.size(); ++i) refused.by_bound[i] = refused_[i].load(std::memory_order_relaxed);
  refused.last = last_refused_.load(std::memory_order_relaxed);
  return refused;
}

// ---- one connection's place

ConnectionPlace::Held::~Held() {
  counts.remove();
  if (client != 0) counts.remove(client);
}

std::optional<ConnectionBound> ConnectionPlace::enter(ConnectionCounts& counts, const conf::ListenerLimits& max,
                                                      const IpAddress& peer) {
  if (!max.connections && !max.connections_per_client) return std::nullopt;
  constexpr std::uint32_t kNoBound = ~std::uint32_t{0};
  if (!counts.add(max.connections.value_or(kNoBound))) {
    counts.note_refused(ConnectionBound::connections, client_key(peer));
    return ConnectionBound::connections;
  }
  held_ = std::make_unique<Held>(counts);
  return std::nullopt;
}

std::optional<ConnectionBound> ConnectionPlace::enter_as(const IpAddress& client, const conf::ListenerLimits& max) {
  if (!held_ || !max.connections_per_client) return std::nullopt;
  const ClientKey key = client_key(client);
  if (key == 0) return std::nullopt;
  if (!held_->counts.add(key, *max.connections_per_client)) {
    held_->counts.note_refused(ConnectionBound::connections_per_client, key);
    held_.reset();
    return ConnectionBound::connections_per_client;
  }
  held_->client = key;
  return std::nullopt;
}

}  // namespace penstock::proxy
