// Which classes of requests come to a place, so that room is kept for those alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"

namespace penstock::filters {

/// The places of a limit that a share of 100 is.
constexpr std::uint32_t share_of(std::uint64_t limit, std::uint32_t share) {
  return static_cast<std::uint32_t>(limit * share / 100);
}

/// The same for an adaptive limit, which may be small: at least six for each class that there are 15 for, as
/// far as half of the limit goes. With few places a share alone is a place or two, which chance takes in a moment: of a
/// class that asks for a third of the capacity, (1/3)^2 would be refused, and is (1/3)^6 with six.
std::uint32_t reserved_places(std::uint64_t limit, std::uint32_t share);

/// Any thread.
class ClassesInUse {
 public:
  /// The class counts as in use, whether requests of it come or not.
  void expect(conf::Priority priority);
  /// A request of the class comes. The places, of 100, that it leaves free: 15 for each higher class in use. A class
  /// that only requests themselves have named is in use until none has come for a minute.
  std::uint32_t reserve_share(conf::Priority priority, Nanos now);
  /// 30 if a lower class is in use: what the request may take beyond an adaptive limit. Such a limit goes up and down
  /// all the time; when it goes down, the places are full of those who came before, and a reserve below it is no place
  /// at all.
  std::uint32_t beyond_share(conf::Priority priority, Nanos now) const;

 private:
  static constexpr std::size_t kClasses = 4;
  static constexpr Nanos kAlways = ~Nanos{0};
  bool in_use(std::size_t number, Nanos now) const;

  std::array<std::atomic<Nanos>, kClasses> last_seen_{};  ///< 0: never
};

}  // namespace penstock::filters
