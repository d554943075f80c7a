#include "gateway/base/request_id.h"

#include <algorithm>
#include <array>

#include "gateway/base/hex.h"

namespace penstock {
namespace {

constexpr unsigned kCounterBits = 42;
constexpr std::uint64_t kCounterEnd = std::uint64_t{1} << kCounterBits;
constexpr std::uint64_t kVersion7 = 0x7000;
constexpr std::uint64_t kVariant = std::uint64_t{0b10} << 62;

constexpr auto kAcceptable = [] {
  std::array<bool, 256> table{};
  for (unsigned char c : std::string_view("._~:/+=@-")) table[c] = true;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  return table;
}();

/// Half of the range is left free, so that it can't run over within a millisecond.
std::uint64_t counter_start(Random& random) {
  return random.next() % (kCounterEnd / 2);
}

}  // namespace

RequestIdGenerator::RequestIdGenerator(std::uint64_t seed) : random_(seed), counter_(counter_start(random_)) {}

void RequestIdGenerator::advance(std::uint64_t unix_ms) {
  if (unix_ms <= ms_ && ++counter_ < kCounterEnd) return;
  ms_ = std::max(unix_ms, ms_ + 1);
  counter_ = counter_start(random_);
}

void RequestIdGenerator::next(std::uint64_t unix_ms, std::span<char, kRequestIdLength> out) {
  advance(unix_ms);
  const std::uint64_t high = (ms_ << 16) | kVersion7 | (counter_ >> 30);
  const std::uint64_t low = kVariant | ((counter_ & 0x3fffffff) << 32) | (random_.next() & 0xffffffff);
  char* at = write_hex(out.data(), high >> 32, 4);
  *at++ = '-';
  at = write_hex(at, high >> 16, 2);
  *at++ = '-';
  at = write_hex(at, high, 2);
  *at++ = '-';
  at = write_hex(at, low >> 48, 2);
  *at++ = '-';
  write_hex(at, low, 6);
}

bool acceptable_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxForeignRequestId &&
         std::ranges::all_of(id, [](unsigned char c) { return kAcceptable[c]; });
}

}  // namespace penstock
