#include "balancers/subset.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

struct Ranked {
  std::uint64_t rank;
  std::uint32_t index;
};

std::vector<Ranked> rank(const std::vector<std::string>& names, std::uint64_t round) {
  std::vector<Ranked> ranked;
  ranked.reserve(names.size());
  for (std::uint32_t index = 0; index < names.size(); ++index)
    ranked.push_back({hash_text(names[index], round), index});
  return ranked;
}

}  // namespace

std::vector<std::uint32_t> subset(const std::vector<std::string>& names, std::uint32_t size, std::uint32_t gateway) {
  std::vector<std::uint32_t> chosen;
  if (names.size() <= size) {
    chosen.resize(names.size());
    std::iota(chosen.begin(), chosen.end(), 0u);
    return chosen;
  }
  const auto per_round = static_cast<std::uint32_t>(names.size() / size);
  std::vector<Ranked> ranked = rank(names, gateway / per_round);
  std::sort(ranked.begin(), ranked.end(), [&](const Ranked& a, const Ranked& b) {
    return std::tie(a.rank, names[a.index]) < std::tie(b.rank, names[b.index]);
  });
  const std::size_t begin = std::size_t{gateway % per_round} * size;
  for (std::size_t i = begin; i < begin + size; ++i) chosen.push_back(ranked[i].index);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace penstock::balancers
