#include "gateway/routing/string_index.h"

#include <bit>
#include <cstring>

namespace penstock::routing {
namespace {

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: odd, with its bits well spread
constexpr std::size_t kFirstSlots = 16;

template <class Word>
std::uint64_t read(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// At most 8 bytes as one word; texts of one length differ in it if they differ.
std::uint64_t read_short(const char* at, std::size_t size) {
  if (size >= 4) return read<std::uint32_t>(at) << 32 | read<std::uint32_t>(at + size - 4);
  if (size == 0) return 0;
  const auto byte = [at](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])); };
  return byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  return std::rotl((hash ^ word) * kMultiplier, 29);
}

/// Eight bytes a step; the last step overlaps the one before it.
std::uint32_t hash_of(std::uint32_t scope, std::string_view text) {
  const char* at = text.data();
  std::uint64_t hash = mix(scope, text.size());
  if (text.size() <= 8) {
    hash = mix(hash, read_short(at, text.size()));
  } else {
    for (const char* last = at + text.size() - 8; at < last; at += 8) hash = mix(hash, read<std::uint64_t>(at));
    hash = mix(hash, read<std::uint64_t>(text.data() + text.size() - 8));
  }
  return static_cast<std::uint32_t>((hash * kMultiplier) >> 32);
}

}  // namespace

bool StringIndex::is(const Entry& entry, std::uint32_t scope, std::string_view text) const {
  return entry.scope == scope && entry.length == text.size() &&
         std::memcmp(texts_.data() + entry.offset, text.data(), text.size()) == 0;
}

std::size_t StringIndex::slot_of(std::uint32_t hash, std::uint32_t scope, std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot].entry != kNone) {
    if (slots_[slot].hash == hash && is(entries_[slots_[slot].entry], scope, text)) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

std::uint32_t StringIndex::find(std::uint32_t scope, std::string_view text) const {
  if (entries_.empty()) return kNone;
  const std::uint32_t entry = slots_[slot_of(hash_of(scope, text), scope, text)].entry;
  return entry == kNone ? kNone : entries_[entry].value;
}

std::uint32_t StringIndex::find_or_add(std::uint32_t scope, std::string_view text, std::uint32_t value) {
  if (slots_.size() <= 2 * entries_.size()) grow();
  const std::uint32_t hash = hash_of(scope, text);
  Slot& slot = slots_[slot_of(hash, scope, text)];
  if (slot.entry != kNone) return entries_[slot.entry].value;
  slot = {hash, static_cast<std::uint32_t>(entries_.size())};
  entries_.push_back(
      {scope, value, static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())});
  texts_ += text;
  return value;
}

void StringIndex::grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : 2 * slots_.size());
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.entry == kNone) continue;
    std::size_t to = slot.hash & (slots_.size() - 1);
    while (slots_[to].entry != kNone) to = (to + 1) & (slots_.size() - 1);
    slots_[to] = slot;
  }
}

}  // namespace penstock::routing
