// A shape says how a value of one C++ type is written in the file. It reads the value, writes it, and describes itself
// as JSON Schema, so that the three cannot drift apart.
//
// Shapes are immutable and made once; all of them together are the description of the file
// (conf/describe/description.h).
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

}  // namespace penstock::conf
