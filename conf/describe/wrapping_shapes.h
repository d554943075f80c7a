// Shapes around another shape: values that may be missing, short forms, and what is kept otherwise than it is written.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "conf/describe/schema.h"
#include "conf/describe/shape.h"

namespace penstock::conf {

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

/// `member` may be one of a base of S.
template <class S, class M, class B>
ShapeOf<S> short_form(M B::*member, ShapeOf<M> value, ShapeOf<S> section) {
  return std::make_shared<ShortFormShape<S, M>>(member, std::move(value), std::move(section));
}

/// Kept as a T, read and written as a U.
template <class T, class U>
class ConvertedShape final : public Shape<T> {
 public:
  using From = std::function<T(U)>;
  using To = std::function<U(const T&)>;
  ConvertedShape(ShapeOf<U> inner, From from, To to)
      : inner_(std::move(inner)), from_(std::move(from)), to_(std::move(to)) {}

  void read(const Node& node, T& out, Problems& problems) const override {
    const std::size_t before = problems.count();
    U value = to_(out);
    inner_->read(node, value, problems);
    if (problems.count() == before) out = from_(std::move(value));
  }
  Json write(const T& value) const override { return inner_->write(to_(value)); }
  Json schema() const override { return inner_->schema(); }

 private:
  ShapeOf<U> inner_;
  From from_;
  To to_;
};

template <class T, class U>
ShapeOf<T> converted(ShapeOf<U> inner, typename ConvertedShape<T, U>::From from, typename ConvertedShape<T, U>::To to) {
  return std::make_shared<ConvertedShape<T, U>>(std::move(inner), std::move(from), std::move(to));
}

/// Fills in what depends on the whole of a value, once it is read.
template <class T>
class CompletedShape final : public Shape<T> {
 public:
  using Complete = std::function<void(T&)>;
  CompletedShape(ShapeOf<T> inner, Complete complete) : inner_(std::move(inner)), complete_(std::move(complete)) {}

  void read(const Node& node, T& out, Problems& problems) const override {
    inner_->read(node, out, problems);
    complete_(out);
  }
  Json write(const T& value) const override { return inner_->write(value); }
  Json schema() const override { return inner_->schema(); }

 private:
  ShapeOf<T> inner_;
  Complete complete_;
};

template <class T>
ShapeOf<T> completed(ShapeOf<T> inner, typename CompletedShape<T>::Complete complete) {
  return std::make_shared<CompletedShape<T>>(std::move(inner), std::move(complete));
}

}  // namespace penstock::conf
