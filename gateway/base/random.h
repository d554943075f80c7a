// Randomness that is quick and can be replayed from its seed. Not for secrets: its future can be told from its past.
#pragma once

#include <array>
#include <cstdint>

namespace penstock {

/// xoshiro256** 1.0 (Blackman and Vigna, https://prng.di.unimi.it/). One per worker; not thread-safe.
class Random {
 public:
  /// The seed is spread over the state by splitmix64, as its authors advise.
  explicit Random(std::uint64_t seed);
  /// From a state, of which at least one word is not 0.
  explicit Random(const std::array<std::uint64_t, 4>& state) : state_(state) {}

  /// All 64 bits.
  std::uint64_t next();
  /// Evenly one of 0 … n-1; n must not be 0.
  std::uint64_t below(std::uint64_t n);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace penstock
