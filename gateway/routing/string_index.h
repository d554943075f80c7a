// Texts that are known beforehand, each with a number: hosts, whole paths, the children of a trie's nodes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::routing {

inline constexpr std::uint32_t kNone = 0xffffffff;

/// A hash map from (scope, text) to a number; the same text may stand in many scopes. Open addressing, never more than
/// half full. A miss mostly touches 8 bytes, a hit three cache lines.
///
/// The hash has no secret: keys come from the configuration, and a request can only choose what is looked up, so that
/// the longest run of neighbours is all that it can cost.
class StringIndex {
 public:
  /// The value of (scope, text); kNone if it isn't known.
  std::uint32_t find(std::uint32_t scope, std::string_view text) const;
  /// The same, but makes it known with `value` (not kNone) if it isn't. Copies the text.
  std::uint32_t find_or_add(std::uint32_t scope, std::string_view text, std::uint32_t value);

  bool empty() const { return entries_.empty(); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = kNone;
  };
  struct Entry {
    std::uint32_t scope;
    std::uint32_t value;
    std::uint32_t offset;  ///< of its text in texts_
    std::uint32_t length;
  };

  bool is(const Entry& entry, std::uint32_t scope, std::string_view text) const;
  /// The slot of (scope, text), or the free one where it belongs.
  std::size_t slot_of(std::uint32_t hash, std::uint32_t scope, std::string_view text) const;
  void grow();

  std::vector<Slot> slots_;  ///< a power of two, or none
  std::vector<Entry> entries_;
  std::string texts_;
};

}  // namespace penstock::routing
