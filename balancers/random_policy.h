// Drawn by chance. What one gateway does then tells nothing of what the next one does: no bursts, no herds.
#pragma once

#include "balancers/alias_table.h"
#include "balancers/balancer.h"
#include "balancers/usable_list.h"
#include "balancers/weight_tree.h"
#include "balancers/weights.h"

namespace penstock::balancers {

/// Each usable endpoint as likely as any other. O(1).
class Random final : public Balancer {
 public:
  explicit Random(const std::vector<Member>& members) : usable_(members.size()) {}

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  explicit Random(std::size_t members) : usable_(members) {}

  UsableList usable_;
};

/// Each usable endpoint as likely as its weight says. O(1) while most of the weight is usable, else O(log n).
class WeightedRandom final : public Balancer {
 public:
  explicit WeightedRandom(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  struct Tables {
    explicit Tables(Weights of) : weights(std::move(of)), all(weights) {}
    Weights weights;
    AliasTable all;
  };
  explicit WeightedRandom(std::shared_ptr<const Tables> tables);
  std::optional<std::uint32_t> pick_usable(std::span<const Load> loads, std::uint64_t bits) const;

  std::shared_ptr<const Tables> tables_;
  WeightTree usable_;
};

}  // namespace penstock::balancers
