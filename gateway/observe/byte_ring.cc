#include "gateway/observe/byte_ring.h"

#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

namespace penstock::observe {
namespace {

using Size = std::uint32_t;
constexpr Size kSkip = std::numeric_limits<Size>::max();  // the rest of the block is empty
constexpr std::uint64_t kAlign = 8;                       // so that a size always fits before the end

std::uint64_t room_for(std::size_t size) {
  return (sizeof(Size) + size + kAlign - 1) & ~(kAlign - 1);
}

}  // namespace

ByteRing::ByteRing(std::size_t capacity) : capacity_(capacity), block_(new std::byte[capacity]) {
  assert(std::has_single_bit(capacity) && capacity >= 2 * kAlign && capacity < kSkip);
}

std::byte* ByteRing::reserve(std::size_t size) {
  const std::uint64_t room = room_for(size);
  if (room > capacity_ / 2) return nullptr;  // with what is skipped before it, it might never fit, not even if empty
  const std::uint64_t end = producer_.end.load(std::memory_order_relaxed);
  std::uint64_t place = end & (capacity_ - 1);
  const std::uint64_t skipped = place + room > capacity_ ? capacity_ - place : 0;
  const std::uint64_t new_end = end + skipped + room;
  if (new_end - producer_.seen_begin > capacity_) {
    producer_.seen_begin = consumer_.begin.load(std::memory_order_acquire);
    if (new_end - producer_.seen_begin > capacity_) return nullptr;
  }
  if (skipped > 0) {
    std::memcpy(&block_[place], &kSkip, sizeof kSkip);
    place = 0;
  }
  const Size stored = static_cast<Size>(size);
  std::memcpy(&block_[place], &stored, sizeof stored);
  producer_.reserved_end = new_end;
  return &block_[place + sizeof stored];
}

void ByteRing::publish() {
  producer_.end.store(producer_.reserved_end, std::memory_order_release);
}

std::span<const std::byte> ByteRing::front() {
  std::uint64_t begin = consumer_.begin.load(std::memory_order_relaxed);
  if (begin == consumer_.seen_end) {
    consumer_.seen_end = producer_.end.load(std::memory_order_acquire);
    if (begin == consumer_.seen_end) return {};
  }
  Size size = 0;
  std::uint64_t place = begin & (capacity_ - 1);
  std::memcpy(&size, &block_[place], sizeof size);
  if (size == kSkip) {  // a record follows: the two are published as one
    begin += capacity_ - place;
    place = 0;
    std::memcpy(&size, &block_[place], sizeof size);
  }
  consumer_.front_end = begin + room_for(size);
  return {&block_[place + sizeof size], size};
}

void ByteRing::pop() {
  consumer_.begin.store(consumer_.front_end, std::memory_order_release);
}

}  // namespace penstock::observe
