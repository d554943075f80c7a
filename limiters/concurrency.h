// How many are under way at once, against a limit that may change while they are.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace penstock::limiters {

class Concurrency;

/// One place. Gives it back on every path: destroyed, replaced, or released early. The Concurrency outlives it.
class [[nodiscard]] Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      release();
      from_ = std::exchange(other.from_, nullptr);
    }
    return *this;
  }
  ~Permit() { release(); }

  explicit operator bool() const { return from_ != nullptr; }
  /// Any thread. Twice is once.
  void release();
  /// More than three quarters of the places are taken. False without a place. Any thread.
  bool crowded() const;

 private:
  friend class Concurrency;
  explicit Permit(Concurrency* from) : from_(from) {}
  Concurrency* from_ = nullptr;
};

/// Any thread. Never lets in more than the limit, but for those who may go beyond it; a limit that is lowered below
/// what is under way admits nobody until enough have left.
class Concurrency {
 public:
  explicit Concurrency(std::uint32_t limit) : limit_(limit) {}
  Concurrency(const Concurrency&) = delete;
  Concurrency& operator=(const Concurrency&) = delete;

  /// An empty permit if there is no room. `reserve`: places to leave free for those who are more important. `beyond`:
  /// places over the limit that this one may take, for being one of those.
  Permit try_acquire(std::uint32_t reserve = 0, std::uint32_t beyond = 0);

  void set_limit(std::uint32_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  std::uint32_t limit() const { return limit_.load(std::memory_order_relaxed); }
  /// In one order for all threads with the giving back of permits: who has said somewhere that he waits, and then finds
  /// no place, will be seen by whoever gives one back and looks there.
  std::uint32_t in_flight() const { return in_flight_.load(); }

  /// The most that were under way at once since the last call. One thread: the one that ticks.
  std::uint32_t take_peak();
  /// How many were refused since the last call. One thread: the one that ticks.
  std::uint32_t take_refused() { return refused_.exchange(0, std::memory_order_relaxed); }

 private:
  friend class Permit;
  void note_peak(std::uint32_t in_flight);

  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::uint32_t> limit_;
  std::atomic<std::uint32_t> peak_{0};
  std::atomic<std::uint32_t> refused_{0};
};

inline bool Permit::crowded() const {
  return from_ != nullptr && std::uint64_t{4} * from_->in_flight() > std::uint64_t{3} * from_->limit();
}

inline void Permit::release() {
  if (from_ != nullptr) std::exchange(from_, nullptr)->in_flight_.fetch_sub(1);
}

}  // namespace penstock::limiters
