#include "conf/describe/collection_shapes.h"

namespace penstock::conf {
namespace {

class PairsShape final : public Shape<Pairs> {
 public:
  PairsShape(ShapeOf<std::string> name, ShapeOf<std::string> value)
      : name_(std::move(name)), value_(std::move(value)) {}

  void read(const Node& node, Pairs& out, Problems& problems) const override {
    if (!node.is(Node::Type::map, problems)) return;
    std::set<std::string> seen;
    for (const Entry& entry : node.entries) {
      const Problems::About about(problems, entry.key);
      auto& [name, value] = out.emplace_back();
      name_->read(Node{Node::Type::text, entry.mark, entry.key, {}, {}}, name, problems);
      value_->read(*entry.value, value, problems);
      const bool again = !name.empty() && !seen.insert(name).second;
      if (again && name != entry.key) problems.add(entry.mark, "stands here twice, in another case of letters");
    }
  }

  Json write(const Pairs& value) const override {
    Json::Map result;
    for (const auto& [name, text] : value) result.emplace_back(name, value_->write(text));
    return result.empty() ? Json() : Json(result);
  }

  Json schema() const override {
    return Json::Map{
        {"type", "object"}, {"propertyNames", name_->schema()}, {"additionalProperties", value_->schema()}};
  }

 private:
  const ShapeOf<std::string> name_;
  const ShapeOf<std::string> value_;
};

}  // namespace

ShapeOf<Pairs> pairs(ShapeOf<std::string> name, ShapeOf<std::string> value) {
  return std::make_shared<PairsShape>(std::move(name), std::move(value));
}

}  // namespace penstock::conf
