// A bounded queue of variable-size records between two threads, in one block of memory. No locks, no waiting.
//
//   ... free | size record | size record | skip ........ end      a record is never split: what does not fit before
//   size record | free ...                                        the end of the block goes to its beginning
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace penstock::observe {

/// One producer thread, one consumer thread.
class ByteRing {
 public:
  /// capacity: a power of two, at least 16. A record takes its size, 4 bytes, and what rounds it up to 8; it may take
  /// half of the capacity at most.
  explicit ByteRing(std::size_t capacity);

  /// Producer: room for a record of `size` bytes, or null if there is none. What was reserved becomes visible with
  /// publish(); without it, the next reserve() hands out the same room.
  std::byte* reserve(std::size_t size);
  void publish();

  /// Consumer: the oldest record, valid until pop(); its data is null if there is none.
  std::span<const std::byte> front();
  void pop();

 private:
  // Constant after construction.
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> block_;

  // Positions only grow; their remainder by the capacity is the place in the block. Each thread keeps what it last saw
  // of the other's, so that the two cache lines travel once per lap or batch and not per record.
  struct alignas(64) Producer {
    std::atomic<std::uint64_t> end{0};
    std::uint64_t reserved_end = 0;
    std::uint64_t seen_begin = 0;
  };
  struct alignas(64) Consumer {
    std::atomic<std::uint64_t> begin{0};
    std::uint64_t front_end = 0;
    std::uint64_t seen_end = 0;
  };
  Producer producer_;
  Consumer consumer_;
};

}  // namespace penstock::observe
