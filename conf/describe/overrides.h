// A map that overrides some of the values that another map has: a route's part of what its upstream says.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/describe/section.h"

namespace penstock::conf {

/// Which keys of a T are written, and what they say.
template <class T>
class Overrides {
 public:
  Overrides() = default;
  /// To be written out, as a whole.
  explicit Overrides(T values) : values_(std::move(values)) {}

  bool has(std::string_view key) const {
    return std::any_of(written_.begin(), written_.end(), [&](auto index) { return section_->name_of(index) == key; });
  }
  T over(T values) const {
    for (const std::size_t index : written_) section_->copy(index, values_, values);
    return values;
  }

 private:
  template <class U>
  friend class OverridesShape;

  T values_{};
  std::vector<std::size_t> written_;
  std::shared_ptr<const Section<T>> section_;  ///< set if anything is written
};

/// The section has neither required keys nor parts. Its rule is asked of what is written, and of defaults for the rest;
/// nothing is completed.
template <class T>
class OverridesShape final : public Shape<Overrides<T>> {
 public:
  OverridesShape(std::shared_ptr<const Section<T>> section, std::string whose)
      : section_(std::move(section)), whose_(std::move(whose)) {}

  void read(const Node& node, Overrides<T>& out, Problems& problems) const override {
    if (!node.is(Node::Type::map, problems)) return;
    const std::size_t before = problems.count();
    out.written_ = section_->read_keys(node, out.values_, problems);
    out.section_ = section_;
    if (problems.count() == before) section_->check(out.values_, node, problems);
  }
  Json write(const Overrides<T>& value) const override { return section_->write(value.values_); }
  Json schema() const override { return section_->overriding_schema(whose_); }

 private:
  std::shared_ptr<const Section<T>> section_;
  std::string whose_;
};

/// `whose` completes "Left out: …", as "the upstream's".
template <class T>
ShapeOf<Overrides<T>> overrides(std::shared_ptr<const Section<T>> section, std::string whose) {
  return std::make_shared<OverridesShape<T>>(std::move(section), std::move(whose));
}

}  // namespace penstock::conf
