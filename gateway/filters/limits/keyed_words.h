// A limiter's words: one, or one for each value of a key.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/base/siphash.h"
#include "gateway/filters/limits/limit.h"
#include "gateway/keys/request_key.h"
#include "limiters/keyed_table.h"

namespace penstock::filters {

/// Any thread. A request that lacks a part of the key counts by its client's address in that place: leaving a header
/// out is no way around a limit.
class KeyedWords {
 public:
  KeyedWords(const conf::Limit& config, const SipKey& key) : keys_(config.key), sip_(key) {
    // A set of the table may be full by chance while others are not: room for half as many again.
    if (!keys_.empty()) table_.emplace(config.max_keys + config.max_keys / 2);
  }

  /// The request's. `recovered` as for limiters::KeyedTable::find().
  template <class Recovered>
  std::atomic<std::uint64_t>& of(const Asked& asked, const Recovered& recovered) {
    return table_ ? table_->find(hash(asked), recovered).word : word_;
  }
  template <class Recovered>
  std::uint64_t busy(const Recovered& recovered) const {
    return table_ ? table_->busy(recovered) : 0;
  }

  /// Before it is used: what another one of the same keys and secret remembers. `rescaled(word value) -> word value`.
  template <class Rescaled, class Recovered>
  void learn_from(const KeyedWords& before, const Rescaled& rescaled, const Recovered& recovered) {
    word_ = rescaled(before.word_.load(std::memory_order_relaxed));
    if (!table_) return;
    before.table_->for_each([&](std::uint64_t hash, std::uint64_t word) {
      const std::uint64_t value = rescaled(word);
      if (!recovered(value)) table_->find(hash, recovered).word = value;
    });
  }

  /// For the next process, and before it is used, from the one before: the words of the same settings and secret.
  std::string memory() const {
    std::string bytes;
    const auto add = [&](std::uint64_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
    add(word_.load(std::memory_order_relaxed));
    if (!table_) return bytes;
    table_->for_each([&](std::uint64_t hash, std::uint64_t word) {
      if (word == 0) return;
      add(hash);
      add(word);
    });
    return bytes;
  }
  void recall(std::string_view memory) {
    std::vector<std::uint64_t> values(memory.size() / sizeof(std::uint64_t));
    if (values.size() % 2 != 1) return;
    std::memcpy(values.data(), memory.data(), values.size() * sizeof(std::uint64_t));
    word_ = values[0];
    for (std::size_t i = 1; table_ && i < values.size(); i += 2) {
      table_->find(values[i], [](std::uint64_t word) { return word == 0; }).word = values[i + 1];
    }
  }

 private:
  std::uint64_t hash(const Asked& asked) const {
    std::array<char, IpAddress::kMaxText> buffer;
    std::uint64_t hash = 0;
    for (const conf::RequestKey& key : keys_) {
      std::string_view text = find_key(key, asked.head, asked.client, buffer);
      if (text.empty()) text = address_key(asked.client, buffer);
      hash = siphash({sip_.k0 ^ hash, sip_.k1}, text);
    }
    return hash;
  }

  const std::vector<conf::RequestKey> keys_;
  const SipKey sip_;
  std::optional<limiters::KeyedTable> table_;
  alignas(64) std::atomic<std::uint64_t> word_{0};
};

}  // namespace penstock::filters
