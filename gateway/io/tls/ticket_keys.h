// The keys that session tickets are sealed with (RFC 5077, RFC 8446, section 4.6.1).
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/deadline_wheel.h"

namespace penstock::io {

/// One for the process: shared by all workers and listeners, and living on over reloads, so that clients resume their
/// sessions wherever they come back. Old keys are forgotten: who steals the newest ones can't read what was recorded
/// hours ago. Any thread. Throws std::runtime_error if the system has no random numbers.
class TicketKeys {
 public:
  /// A key seals for so long, and opens for two times more.
  static constexpr Nanos kPeriod = 3'600 * kNanosPerSecond;
  static constexpr std::size_t kKept = 3;
  /// What a session may be resumed after at most: any ticket's key is there for so long.
  static constexpr Nanos kTicketLife = (kKept - 1) * kPeriod;

  struct Key {
    std::array<std::uint8_t, 16> name{};
    std::array<std::uint8_t, 32> cipher{};
    std::array<std::uint8_t, 32> mac{};
    ~Key();
  };
  struct Found {
    Key key;
    bool newest = false;
  };

  explicit TicketKeys(Nanos now);

  /// For the next process, and from the one before: it opens what that has sealed. Secret. What makes no sense is
  /// passed over.
  std::string memory();
  void recall(std::string_view memory);

  Key newest(Nanos now);
  std::optional<Found> find(const std::uint8_t* name, Nanos now);

 private:
  void rotate(Nanos now);

  std::mutex mutex_;
  std::array<std::optional<Key>, kKept> keys_;  ///< newest first
  Nanos newest_since_;
};

}  // namespace penstock::io
