// Shapes of lists, of things with a name, and of name-value pairs.
#pragma once

#include <functional>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conf/describe/scalar_shapes.h"
#include "conf/describe/shape.h"

namespace penstock::conf {

inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

template <class T>
class ListShape final : public Shape<std::vector<T>> {
 public:
  /// What must differ between any two items; empty for an item that may be repeated.
  using Identity = std::function<std::string(const T&)>;

  ListShape(ShapeOf<T> item, std::size_t min_items, Identity identity, std::size_t max_items)
      : item_(std::move(item)), min_items_(min_items), identity_(std::move(identity)), max_items_(max_items) {}

  void read(const Node& node, std::vector<T>& out, Problems& problems) const override {
    if (!node.is(Node::Type::list, problems)) return;
    if (node.items.size() < min_items_) problems.add(node.mark, "must not be empty");
    if (node.items.size() > max_items_) {
      problems.add(node.mark, "must have at most " + std::to_string(max_items_) + " items, has " +
                                  std::to_string(node.items.size()));
    }
    out.clear();
    std::set<std::string> seen;
    for (const Node* item : node.items) {
      const std::size_t before = problems.count();
      item_->read(*item, out.emplace_back(), problems);
      if (!identity_ || problems.count() != before) continue;
      const std::string identity = identity_(out.back());
      if (!identity.empty() && !seen.insert(identity).second)
        problems.add(item->mark, in_quotes(identity) + " is listed twice");
    }
  }

  Json write(const std::vector<T>& value) const override {
    if (value.size() < min_items_) return {};
    Json::List items;
    for (const T& item : value) items.push_back(item_->write(item));
    return items;
  }

  Json schema() const override {
    Json::Map result = {{"type", "array"}, {"items", item_->schema()}};
    if (min_items_ > 0) result.emplace_back("minItems", min_items_);
    if (max_items_ != kAnyNumber) result.emplace_back("maxItems", max_items_);
    return result;
  }

 private:
  const ShapeOf<T> item_;
  const std::size_t min_items_;
  const Identity identity_;
  const std::size_t max_items_;
};

template <class T>
ShapeOf<std::vector<T>> list(ShapeOf<T> item, std::size_t min_items, typename ListShape<T>::Identity identity = nullptr,
                             std::size_t max_items = kAnyNumber) {
  return std::make_shared<ListShape<T>>(std::move(item), min_items, std::move(identity), max_items);
}

/// A list whose only item may stand in its place.
template <class T>
class OneOrListShape final : public Shape<std::vector<T>> {
 public:
  OneOrListShape(ShapeOf<T> item, ShapeOf<std::vector<T>> list) : item_(std::move(item)), list_(std::move(list)) {}

  void read(const Node& node, std::vector<T>& out, Problems& problems) const override {
    if (node.type == Node::Type::list) {
      list_->read(node, out, problems);
    } else {
      out.resize(1);
      item_->read(node, out[0], problems);
    }
  }
  Json write(const std::vector<T>& value) const override {
    return value.size() == 1 ? item_->write(value[0]) : list_->write(value);
  }
  Json schema() const override { return either(item_->schema(), list_->schema()); }

 private:
  const ShapeOf<T> item_;
  const ShapeOf<std::vector<T>> list_;
};

template <class T>
ShapeOf<std::vector<T>> one_or_list(ShapeOf<T> item, ShapeOf<std::vector<T>> list) {
  return std::make_shared<OneOrListShape<T>>(std::move(item), std::move(list));
}

/// A map from names to things that know their name.
template <class T>
class NamedShape final : public Shape<std::vector<T>> {
 public:
  NamedShape(std::string T::*name, ShapeOf<std::string> name_shape, ShapeOf<T> item)
      : name_(name), name_shape_(std::move(name_shape)), item_(std::move(item)) {}

  void read(const Node& node, std::vector<T>& out, Problems& problems) const override {
    if (!node.is(Node::Type::map, problems)) return;
    for (const Entry& entry : node.entries) {
      const Problems::About about(problems, entry.key);
      T& item = out.emplace_back();
      item.*name_ = entry.key;
      name_shape_->read(Node{Node::Type::text, entry.mark, entry.key, {}, {}}, item.*name_, problems);
      item_->read(*entry.value, item, problems);
    }
  }

  Json write(const std::vector<T>& value) const override {
    Json::Map result;
    for (const T& item : value) result.emplace_back(item.*name_, item_->write(item));
    return result;
  }

  Json schema() const override {
    return Json::Map{
        {"type", "object"}, {"propertyNames", name_shape_->schema()}, {"additionalProperties", item_->schema()}};
  }

 private:
  std::string T::*const name_;
  const ShapeOf<std::string> name_shape_;
  const ShapeOf<T> item_;
};

/// `name` may be a member of a base of T.
template <class T, class B>
ShapeOf<std::vector<T>> named(std::string B::*name, ShapeOf<std::string> name_shape, ShapeOf<T> item) {
  return std::make_shared<NamedShape<T>>(name, std::move(name_shape), std::move(item));
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A map from texts to texts, in the order of the file.
ShapeOf<Pairs> pairs(ShapeOf<std::string> name, ShapeOf<std::string> value);

}  // namespace penstock::conf
