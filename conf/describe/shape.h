// A shape says how a value of one C++ type is written in the file. It reads the value, writes it, and describes itself
// as JSON Schema, so that the three cannot drift apart.
//
// Shapes are immutable and made once; all of them together are the description of the file (conf/description.h).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "conf/problems.h"
#include "conf/yaml/document.h"
#include "conf/yaml/json.h"

namespace penstock::conf {

template <class T>
class Shape {
 public:
  virtual ~Shape() = default;

  /// Leaves `out` as it is (a default) if there is a problem.
  virtual void read(const Node& node, T& out, Problems& problems) const = 0;
  /// As it would stand in the file; null if it would not stand there at all.
  virtual Json write(const T& value) const = 0;
  virtual Json schema() const = 0;
};

template <class T>
using ShapeOf = std::shared_ptr<const Shape<T>>;

/// A value together with where it stands.
template <class T>
struct Placed {
  T value{};
  Mark mark;
  bool sound = true;  ///< false: problems were found inside, so that parts of the value may be defaults
};

/// Adds the place to what another shape reads.
template <class T>
class PlacedShape final : public Shape<Placed<T>> {
 public:
  explicit PlacedShape(ShapeOf<T> inner) : inner_(std::move(inner)) {}

  void read(const Node& node, Placed<T>& out, Problems& problems) const override {
    const std::size_t before = problems.count();
    out.mark = node.mark;
    inner_->read(node, out.value, problems);
    out.sound = problems.count() == before && node.type != Node::Type::broken;
  }
  Json write(const Placed<T>& value) const override { return inner_->write(value.value); }
  Json schema() const override { return inner_->schema(); }

 private:
  ShapeOf<T> inner_;
};

template <class T>
ShapeOf<Placed<T>> placed(ShapeOf<T> inner) {
  return std::make_shared<PlacedShape<T>>(std::move(inner));
}

/// A value that may be missing; missing has no word of its own.
template <class T>
class OptionalShape final : public Shape<std::optional<T>> {
 public:
  explicit OptionalShape(ShapeOf<T> inner) : inner_(std::move(inner)) {}

  void read(const Node& node, std::optional<T>& out, Problems& problems) const override {
    inner_->read(node, out.emplace(), problems);
  }
  Json write(const std::optional<T>& value) const override { return value ? inner_->write(*value) : Json(); }
  Json schema() const override { return inner_->schema(); }

 private:
  ShapeOf<T> inner_;
};

template <class T>
ShapeOf<std::optional<T>> optional(ShapeOf<T> inner) {
  return std::make_shared<OptionalShape<T>>(std::move(inner));
}

/// A value that is not written out as long as it is what it is by default.
template <class T>
class UnlessDefaultShape final : public Shape<T> {
 public:
  explicit UnlessDefaultShape(ShapeOf<T> inner) : inner_(std::move(inner)) {}

  void read(const Node& node, T& out, Problems& problems) const override { inner_->read(node, out, problems); }
  Json write(const T& value) const override { return value == T{} ? Json() : inner_->write(value); }
  Json schema() const override { return inner_->schema(); }

 private:
  ShapeOf<T> inner_;
};

template <class T>
ShapeOf<T> unless_default(ShapeOf<T> inner) {
  return std::make_shared<UnlessDefaultShape<T>>(std::move(inner));
}

/// `anyOf` of two schemas; one that is an anyOf itself is taken apart.
Json either(const Json& a, const Json& b);

/// A value, or one word in its place that stands for none: "off", "auto". For "off", false is understood too, since
/// that is what YAML 1.1 tools make of it.
template <class T>
class OrWordShape final : public Shape<std::optional<T>> {
 public:
  OrWordShape(std::string word, ShapeOf<T> inner) : word_(std::move(word)), inner_(std::move(inner)) {}

  void read(const Node& node, std::optional<T>& out, Problems& problems) const override {
    const bool is_word = node.text == word_ || (word_ == "off" && node.text == "false");
    if (node.type == Node::Type::text && is_word) {
      out.reset();
    } else {
      inner_->read(node, out.emplace(), problems);
    }
  }
  Json write(const std::optional<T>& value) const override { return value ? inner_->write(*value) : Json(word_); }
  Json schema() const override {
    const Json::List words = word_ == "off" ? Json::List{word_, false} : Json::List{word_};
    return either(Json::Map{{"enum", words}}, inner_->schema());
  }

 private:
  std::string word_;
  ShapeOf<T> inner_;
};

template <class T>
ShapeOf<std::optional<T>> or_word(std::string word, ShapeOf<T> inner) {
  return std::make_shared<OrWordShape<T>>(std::move(word), std::move(inner));
}

/// A short form: one of the section's values alone, in place of a map that holds nothing else.
template <class S, class M>
class ShortFormShape final : public Shape<S> {
 public:
  ShortFormShape(M S::*member, ShapeOf<M> value, ShapeOf<S> section)
      : member_(member), value_(std::move(value)), section_(std::move(section)) {}

  void read(const Node& node, S& out, Problems& problems) const override {
    if (node.type == Node::Type::text) {
      value_->read(node, out.*member_, problems);
    } else {
      section_->read(node, out, problems);
    }
  }
  Json write(const S& value) const override { return section_->write(value); }
  Json schema() const override { return either(value_->schema(), section_->schema()); }

 private:
  M S::*member_;
  ShapeOf<M> value_;
  ShapeOf<S> section_;
};

template <class S, class M>
ShapeOf<S> short_form(M S::*member, ShapeOf<M> value, ShapeOf<S> section) {
  return std::make_shared<ShortFormShape<S, M>>(member, std::move(value), std::move(section));
}

}  // namespace penstock::conf
