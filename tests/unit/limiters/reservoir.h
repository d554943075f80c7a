// The estimator that the sketch is compared with: a uniform sample of all that came (Vitter's algorithm R, 1985).
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace penstock::limiters {

class Reservoir {
 public:
  explicit Reservoir(std::uint64_t seed, std::size_t size = 1028) : random_(seed), size_(size) {}

  void add(std::uint64_t ns) {
    ++seen_;
    if (sample_.size() < size_) return sample_.push_back(ns);
    const std::uint64_t place = std::uniform_int_distribution<std::uint64_t>(0, seen_ - 1)(random_);
    if (place < size_) sample_[place] = ns;
  }
  double quantile(double q) const {
    std::vector<std::uint64_t> sorted = sample_;
    std::sort(sorted.begin(), sorted.end());
    return static_cast<double>(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]);
  }

 private:
  std::mt19937_64 random_;
  std::size_t size_;
  std::uint64_t seen_ = 0;
  std::vector<std::uint64_t> sample_;
};

}  // namespace penstock::limiters
