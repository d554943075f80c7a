// All that a monitor knows, by address: of the endpoints that are watched, and for a while of those that have left.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/health/check_tally.h"
#include "gateway/health/checker.h"
#include "gateway/health/endpoint_record.h"
#include "gateway/health/outlier_detector.h"
#include "gateway/health/standing.h"

namespace penstock::health {

/// One endpoint.
struct Entry {
  explicit Entry(std::string at) : address(std::move(at)) {}

  const std::string address;

  // Remembered.
  Standing standing;
  CheckTally tally;
  std::optional<Suspect> suspect;  ///< if there is passive ejection
  bool ejected = false;            ///< in earnest: not if it only would have been
  bool by_connect_failures = false;
  std::string ejection;   ///< while ejected: for how long, and why
  std::string complaint;  ///< while unhealthy: what the checks say

  // While it is watched.
  bool watched = false;
  std::uint64_t generation = 0;  ///< of the last watch() that named it
  std::size_t index = 0;         ///< among those that are watched
  EndpointRecordPtr record;
  io::SocketAddress socket;
  io::TlsTarget tls;
  std::uint64_t requests_seen = 0;   ///< of the record's counters, at the last tick
  std::unique_ptr<Checker> checker;  ///< active checks
  std::unique_ptr<Checker> knock;    ///< waits for an endpoint that refused connections to take one

  // While it is not.
  Nanos left_at = 0;
  std::list<Entry*>::iterator place{};  ///< among those that have left
};

/// Owns the entries; addresses of entries are stable.
class Standings {
 public:
  static constexpr Nanos kRemembered = 3600 * kNanosPerSecond;
  static constexpr std::size_t kRememberedMost = 10'000;

  /// The entry of this address: one that is there, or has left, or a new one.
  Entry& at(const std::string& address);
  void arrived(Entry& entry);
  /// It keeps what is to be remembered, and may be forgotten from now on.
  void left(Entry& entry, Nanos now);
  /// Those that left too long ago, and the oldest of too many.
  void forget(Nanos now);

  std::size_t size() const { return entries_.size(); }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [address, entry] : entries_) visit(*entry);
  }

 private:
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  std::list<Entry*> left_;  ///< those that have left, the oldest first
};

}  // namespace penstock::health
