#include "balancers/alias_table.h"

#include <numeric>

#include "balancers/draw.h"

namespace penstock::balancers {
namespace {

constexpr double kColumn = 4294967296.0;

}  // namespace

AliasTable::AliasTable(std::span<const std::uint32_t> weights) : columns_(weights.size()) {
  // In integers: member i has the mass weights[i] · n, a column holds the sum of weights, and nothing is lost on the
  // way.
  const std::uint64_t column = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  std::vector<std::uint64_t> mass(weights.begin(), weights.end());
  std::vector<std::uint32_t> lacking;
  std::vector<std::uint32_t> giving;
  for (std::uint32_t i = 0; i < mass.size(); ++i) {
    mass[i] *= weights.size();
    (mass[i] < column ? lacking : giving).push_back(i);
  }
  for (const std::uint32_t i : giving) columns_[i].other = i;
  while (!lacking.empty()) {
    const std::uint32_t low = lacking.back();
    const std::uint32_t high = giving.back();
    lacking.pop_back();
    columns_[low] = {static_cast<std::uint32_t>(static_cast<double>(mass[low]) / static_cast<double>(column) * kColumn),
                     high};
    mass[high] -= column - mass[low];
    if (mass[high] < column) {
      giving.pop_back();
      lacking.push_back(high);
    }
  }
}

std::uint32_t AliasTable::draw(std::uint64_t bits) const {
  const Drawn drawn = balancers::draw(bits, static_cast<std::uint32_t>(columns_.size()));
  const Column& column = columns_[drawn.number];
  return drawn.fraction < column.own ? drawn.number : column.other;
}

double AliasTable::probability(std::uint32_t index) const {
  double columns = columns_[index].own / kColumn;
  for (const Column& column : columns_) {
    if (column.other == index) columns += 1 - column.own / kColumn;
  }
  return columns / static_cast<double>(columns_.size());
}

}  // namespace penstock::balancers
