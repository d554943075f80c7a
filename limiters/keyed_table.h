// A limiter's word for each of very many keys, in a fixed amount of memory, without locks.
//
// Sets of seven words. A key's word may serve another key once it has recovered, that is, once it remembers nothing: so
// idle keys expire by themselves, and no flood of new keys can make a busy key's count be forgotten. When all seven of
// a set are busy, further keys share the set's overflow word, and so one limit, until one of the seven has recovered.
// (nginx instead throws out the oldest, busy or not, and who has many addresses so resets the counts of others.)
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace penstock::limiters {

/// Any thread. 18.3 bytes a key; nothing is allocated after construction.
///
/// When a recovered word changes its key, a request of the old key that is just looking at it may be counted for the
/// new one: at most one a thread, and only of a key that was idle.
class KeyedTable {
 public:
  using Word = std::atomic<std::uint64_t>;

  struct Place {
    Word& word;   ///< valid as long as the table; to be used at once, it may serve another key later
    bool shared;  ///< with other keys, for want of room
  };

  /// `keys`: how many can be busy at once, at least; a set may be full earlier by chance, so allow half as many again.
  explicit KeyedTable(std::size_t keys);

  /// The word for the key with this hash; 0 if the key is new. `hash` must be well mixed and seeded with a secret, or
  /// clients can choose keys of one set. `recovered(word value) -> bool`: the word remembers nothing, e.g.
  /// `[&](std::uint64_t w) { return bucket.recovered(w, now); }`; 0 must be recovered.
  template <class Recovered>
  Place find(std::uint64_t hash, const Recovered& recovered);

  /// How many keys have a word that has not recovered. Reads the whole table: for the metrics, not for requests.
  template <class Recovered>
  std::size_t busy(const Recovered& recovered) const;

  /// `visit(hash, word value)` for each key that there is a word for. While others use the table it sees each word at
  /// some moment of the call.
  template <class Visit>
  void for_each(Visit visit) const;

  std::size_t capacity() const { return (mask_ + 1) * kWays; }
  std::size_t bytes() const { return (mask_ + 1) * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 7;
  /// Two cache lines: a look at the keys, then at one word.
  struct alignas(64) Set {
    std::array<std::atomic<std::uint64_t>, kWays> keys{};  ///< 0: never used
    Word overflow{0};
    std::array<Word, kWays> words{};
  };
  static constexpr std::size_t kNone = kWays;

  static std::size_t way_of(const Set& set, std::uint64_t key);

  std::size_t mask_;
  std::unique_ptr<Set[]> sets_;
};

template <class Recovered>
KeyedTable::Place KeyedTable::find(std::uint64_t hash, const Recovered& recovered) {
  const std::uint64_t key = hash == 0 ? 1 : hash;
  Set& set = sets_[(key >> 32) & mask_];
  if (const std::size_t way = way_of(set, key); way != kNone) return {set.words[way], false};
  for (std::size_t way = 0; way < kWays; ++way) {
    std::uint64_t old = set.keys[way].load(std::memory_order_relaxed);
    if (!recovered(set.words[way].load(std::memory_order_relaxed))) continue;
    // Two threads with the same new key look at the ways in the same order: the later one finds the other's entry here.
    const bool ours = set.keys[way].compare_exchange_strong(old, key, std::memory_order_relaxed) || old == key;
    if (ours) return {set.words[way], false};
  }
  return {set.overflow, true};
}

template <class Recovered>
std::size_t KeyedTable::busy(const Recovered& recovered) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    for (const Word& word : sets_[i].words) count += recovered(word.load(std::memory_order_relaxed)) ? 0 : 1;
  }
  return count;
}

template <class Visit>
void KeyedTable::for_each(Visit visit) const {
  for (std::size_t i = 0; i <= mask_; ++i) {
    for (std::size_t way = 0; way < kWays; ++way) {
      const std::uint64_t key = sets_[i].keys[way].load(std::memory_order_relaxed);
      if (key != 0) visit(key, sets_[i].words[way].load(std::memory_order_relaxed));
    }
  }
}

}  // namespace penstock::limiters
