// The shape of a single value that has functions of its own to read and to write it.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "conf/describe/shape.h"
#include "conf/parsed.h"

namespace penstock::conf {

/// A shape whose values are read by one function, written by another, and described by a schema.
template <class T>
class ParsedShape final : public Shape<T> {
 public:
  using Read = std::function<Parsed<T>(std::string_view)>;
  using Write = std::function<Json(const T&)>;
  ParsedShape(Read read, Write write, Json schema)
      : read_(std::move(read)), write_(std::move(write)), schema_(std::move(schema)) {}

  void read(const Node& node, T& out, Problems& problems) const override {
    if (!node.is(Node::Type::text, problems)) return;
    if (auto value = read_(node.text)) {
      out = std::move(*value);
    } else {
      problems.add(node.mark, value.problem());
    }
  }
  Json write(const T& value) const override { return write_(value); }
  Json schema() const override { return schema_; }

 private:
  const Read read_;
  const Write write_;
  const Json schema_;
};

template <class T>
ShapeOf<T> parsed(typename ParsedShape<T>::Read read, typename ParsedShape<T>::Write write, Json schema) {
  return std::make_shared<ParsedShape<T>>(std::move(read), std::move(write), std::move(schema));
}

}  // namespace penstock::conf
