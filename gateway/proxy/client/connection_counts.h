// How many connections a listener has, in all and of each client, and the bounds on that.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/base/siphash.h"
#include "gateway/observe/stats.h"

namespace penstock::proxy {

/// A client, as connections are counted: an IPv4 address, or a /64 of IPv6, which is what one household or machine has
/// at least. 0: nobody that can be told from others (a Unix socket).
using ClientKey = std::uint64_t;
ClientKey client_key(const IpAddress& address);
/// "192.0.2.1", "2001:db8::/64".
std::string client_text(ClientKey client);

/// Of one listener, for the process: any thread. Exact. It is asked once for a connection, and only where a bound is
/// configured, so that a lock is fine here; it has an entry only for clients that have a connection.
class ConnectionCounts {
 public:
  /// `key`: a secret, or clients could choose addresses that slow the table down.
  explicit ConnectionCounts(const SipKey& key);

  /// False, and nothing counted, if there are `most` already.
  bool add(std::uint32_t most);
  void remove() { all_.fetch_sub(1, std::memory_order_relaxed); }
  bool add(ClientKey client, std::uint32_t most);
  void remove(ClientKey client);

  std::uint32_t all() const { return all_.load(std::memory_order_relaxed); }
  /// Clients that have a connection, of those that were counted.
  std::size_t clients() const;

  // ---- what was refused, for the log
  void note_refused(observe::ConnectionBound bound, ClientKey client);
  struct Refused {
    std::array<std::uint64_t, observe::kConnectionBounds> by_bound{};
    ClientKey last = 0;  ///< 0: not known
  };
  /// Since the start.
  Refused refused() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Hash {
    SipKey key;
    std::size_t operator()(ClientKey client) const;
  };
  struct alignas(64) Shard {
    explicit Shard(const Hash& hash) : counts(0, hash) {}
    mutable std::mutex mutex;
    std::unordered_map<ClientKey, std::uint32_t, Hash> counts;
  };

  Shard& shard_of(ClientKey client) const { return *shards_[hash_(client) % kShards]; }

  const Hash hash_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::atomic<std::uint32_t> all_{0};
  std::array<std::atomic<std::uint64_t>, observe::kConnectionBounds> refused_{};
  std::atomic<ClientKey> last_refused_{0};
};

/// What one connection holds of the counts; gives it back in the end. The counts outlive it. Empty, and no larger than
/// a pointer, where no bound is configured.
class ConnectionPlace {
 public:
  ConnectionPlace() = default;
  ConnectionPlace(ConnectionPlace&&) noexcept = default;
  ConnectionPlace& operator=(ConnectionPlace&&) noexcept = default;

  // Each says the bound that the connection is beyond, and then holds nothing; nullopt if there is a place, or none is
  // needed.

  /// Among all connections of the listener: when it is accepted. `peer`: for the log.
  [[nodiscard]] std::optional<observe::ConnectionBound> enter(ConnectionCounts& counts, const conf::ListenerLimits& max,
                                                              const IpAddress& peer);
  /// Among those of its client: once, as soon as it is known who that is.
  [[nodiscard]] std::optional<observe::ConnectionBound> enter_as(const IpAddress& client,
                                                                 const conf::ListenerLimits& max);

 private:
  struct Held {
    explicit Held(ConnectionCounts& c) : counts(c) {}
    ~Held();
    ConnectionCounts& counts;
    ClientKey client = 0;
  };
  std::unique_ptr<Held> held_;
};

}  // namespace penstock::proxy
