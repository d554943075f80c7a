#include "conf/describe/field_values.h"

#include <map>

#include "conf/describe/collection_shapes.h"
#include "conf/describe/parsed_shape.h"
#include "conf/environment.h"
#include "conf/field_text.h"
#include "conf/http_text.h"

namespace penstock::conf {
namespace {

ShapeOf<TextTemplate> field_template_shape() {
  return parsed<TextTemplate>(
      read_field_template, [](const TextTemplate& text) { return escape_environment(text.text); },
      Json::Map{{"type", Json::List{"string", "number", "boolean"}}});
}

class FieldValuesShape final : public Shape<FieldValues> {
 public:
  FieldValuesShape(ShapeOf<std::string> name, Lists lists) : name_(std::move(name)), lists_(lists) {}

  void read(const Node& node, FieldValues& out, Problems& problems) const override {
    if (!node.is(Node::Type::map, problems)) return;
    std::map<std::string, std::string> seen;
    for (const Entry& entry : node.entries) {
      const Problems::About about(problems, entry.key);
      std::string name;
      name_->read(Node{Node::Type::text, entry.mark, entry.key, {}, {}}, name, problems);
      for (TextTemplate& value : values_of(*entry.value, problems)) out.emplace_back(name, std::move(value));
      const auto lower = read_field_name(name);
      const bool another_case = lower && seen.emplace(*lower, name).first->second != name;
      if (another_case) problems.add(entry.mark, "stands here twice, in another case of letters");
    }
  }

  Json write(const FieldValues& values) const override {
    Json::Map result;
    for (auto from = values.begin(); from != values.end();) {
      std::vector<TextTemplate> same;
      const std::string& name = from->first;
      for (; from != values.end() && from->first == name; ++from) same.push_back(from->second);
      result.emplace_back(name, same.size() == 1 ? value_->write(same[0]) : list_->write(same));
    }
    return result.empty() ? Json() : Json(result);
  }

  Json schema() const override {
    const Json value = value_->schema();
    return Json::Map{{"type", "object"},
                     {"propertyNames", name_->schema()},
                     {"additionalProperties", lists_ == Lists::allowed ? either(value, list_->schema()) : value}};
  }

 private:
  std::vector<TextTemplate> values_of(const Node& node, Problems& problems) const {
    std::vector<TextTemplate> values(1);
    if (lists_ == Lists::allowed && node.type == Node::Type::list) {
      list_->read(node, values, problems);
    } else {
      value_->read(node, values[0], problems);
    }
    return values;
  }

  const ShapeOf<std::string> name_;
  const Lists lists_;
  const ShapeOf<TextTemplate> value_ = field_template_shape();
  const ShapeOf<std::vector<TextTemplate>> list_ = list<TextTemplate>(value_, 1);
};

}  // namespace

ShapeOf<FieldValues> field_values(ShapeOf<std::string> name, Lists lists) {
  return std::make_shared<FieldValuesShape>(std::move(name), lists);
}

}  // namespace penstock::conf
