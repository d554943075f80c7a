// The keys `fields` and `rewrite` of a route, and `host` of an upstream: what is changed on the way.
#include <map>

#include "conf/describe/collection_shapes.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/environment.h"
#include "conf/field_text.h"
#include "conf/http_text.h"
#include "conf/path_pattern.h"
#include "conf/rewrite_text.h"

namespace penstock::conf {
namespace {

using FieldValues = std::vector<std::pair<std::string, TextTemplate>>;

Json write_template(const TextTemplate& text) {
  return escape_environment(text.text);
}

ShapeOf<TextTemplate> field_template_shape() {
  return parsed<TextTemplate>(read_field_template, write_template,
                              Json::Map{{"type", Json::List{"string", "number", "boolean"}}});
}

ShapeOf<TextTemplate> path_template_shape() {
  const auto write = [](const TextTemplate& path) { return path.text.empty() ? Json() : write_template(path); };
  return parsed<TextTemplate>(read_path_template, write, text_schema("^/[^?#]*$"));
}

/// A map from names, each once in whatever case, to values; a name may have a list of them, where that is allowed.
class FieldValuesShape final : public Shape<FieldValues> {
 public:
  enum class Lists { refused, allowed };
  FieldValuesShape(ShapeOf<std::string> name, Lists lists) : name_(std::move(name)), lists_(lists) {}

  void read(const Node& node, FieldValues& out, Problems& problems) const override {
    if (!node.is(Node::Type::map, problems)) return;
    std::map<std::string, std::string> seen;
    for (const Entry& entry : node.entries) {
      const Problems::About about(problems, entry.key);
      std::string name;
      name_->read(Node{Node::Type::text, entry.mark, entry.key, {}, {}}, name, problems);
      std::vector<TextTemplate> values(1);
      if (lists_ == Lists::allowed && entry.value->type == Node::Type::list) {
        list_->read(*entry.value, values, problems);
      } else {
        value_->read(*entry.value, values[0], problems);
      }
      for (TextTemplate& value : values) out.emplace_back(name, std::move(value));
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
  const ShapeOf<std::string> name_;
  const Lists lists_;
  const ShapeOf<TextTemplate> value_ = field_template_shape();
  const ShapeOf<std::vector<TextTemplate>> list_ = list<TextTemplate>(value_, 1);
};

ShapeOf<FieldChanges> field_changes_shape(TextReader name_reader) {
  const auto name = text_like(kTokenPattern, name_reader);
  const auto in_any_case = [](const std::string& text) { return *read_field_name(text); };
  const auto values = [&](FieldValuesShape::Lists lists) -> ShapeOf<FieldValues> {
    return std::make_shared<FieldValuesShape>(name, lists);
  };
  auto section = std::make_shared<Section<FieldChanges>>();
  section->key("remove", &FieldChanges::remove, one_or_list<std::string>(name, list<std::string>(name, 1, in_any_case)),
               "All fields of these names are taken away: a name, or a list of them.");
  section->key("set", &FieldChanges::set, values(FieldValuesShape::Lists::refused),
               "Each of these fields takes the place of all of its name. Values may hold {placeholders}; a field whose "
               "value comes out empty is left out.");
  section->key("add", &FieldChanges::add, values(FieldValuesShape::Lists::allowed),
               "These fields come beside what there is of their names. A list of values is a field for each.");
  return unless_default(ShapeOf<FieldChanges>(section));
}

void check_rewrite(const Rewrite&, const Node& node, Problems& problems) {
  if (node.has("strip") != node.has("path")) return;
  problems.add(node.mark, std::string("a rewrite needs exactly one of strip and path; this has ") +
                              (node.has("strip") ? "both" : "none"));
}

void bind_at(TextTemplate& text, const Node& node, const std::string& path, Problems& problems) {
  const std::string problem = bind_template(text, path);
  if (!problem.empty()) problems.add(node.mark, problem);
}

/// `node` is what the values were read from.
void bind_values(FieldValues& values, const Node& node, const std::string& path, Problems& problems) {
  auto next = values.begin();
  for (const Entry& entry : node.entries) {
    const Problems::About about(problems, entry.key);
    if (entry.value->type == Node::Type::list) {
      for (const Node* item : entry.value->items) bind_at((next++)->second, *item, path, problems);
    } else {
      bind_at((next++)->second, *entry.value, path, problems);
    }
  }
}

void bind_changes(FieldChanges& changes, const Entry* entry, const std::string& path, Problems& problems) {
  if (!entry) return;
  if (const Entry* set = entry->value->find("set")) bind_values(changes.set, *set->value, path, problems);
  if (const Entry* add = entry->value->find("add")) bind_values(changes.add, *add->value, path, problems);
}

void bind_rewrite(Rewrite& rewrite, const Node& node, const std::string& path, Problems& problems) {
  if (const Entry* entry = node.find("path")) {
    const Problems::About about(problems, "path");
    bind_at(rewrite.path, *entry->value, path, problems);
  } else if (!may_begin_with(path, rewrite.strip)) {
    const Problems::About about(problems, "strip");
    problems.add(node.find("strip")->value->mark,
                 "no path that fits " + in_quotes(path) + " begins with " + in_quotes(rewrite.strip));
  }
}

}  // namespace

ShapeOf<Fields> fields_shape() {
  auto section = std::make_shared<Section<Fields>>();
  section->key("request", &Fields::request, field_changes_shape(read_changed_in_request),
               "Of requests, as the upstream gets them.");
  section->key("response", &Fields::response, field_changes_shape(read_changed_in_response),
               "Of answers, as the client gets them.");
  return unless_default(ShapeOf<Fields>(section));
}

ShapeOf<Rewrite> rewrite_shape() {
  auto section = std::make_shared<Section<Rewrite>>();
  section->key("strip", &Rewrite::strip, text_like("^/[^?#*{}]+$", read_strip),
               "The beginning of the path that is taken away, in whole segments: /api makes /api/users /users.");
  section->key("path", &Rewrite::path, path_template_shape(),
               "The whole path instead, with {path}, {rest} and parameters of the route's path.");
  section->rule(check_rewrite, Json::Map{{"oneOf", Json::List{Json::Map{{"required", Json::List{"strip"}}},
                                                              Json::Map{{"required", Json::List{"path"}}}}}});
  return section;
}

ShapeOf<UpstreamHost> upstream_host_shape() {
  return parsed<UpstreamHost>(read_upstream_host, format_upstream_host, text_schema(R"(^[^\s/]+$)"));
}

void bind_templates(DraftRoute& route, const Node& node, Problems& problems) {
  const std::string& path = route.match.path;
  if (const Entry* fields = node.find("fields")) {
    bind_changes(route.fields.request, fields->value->find("request"), path, problems);
    bind_changes(route.fields.response, fields->value->find("response"), path, problems);
  }
  if (route.rewrite) bind_rewrite(*route.rewrite, *node.find("rewrite")->value, path, problems);
}

}  // namespace penstock::conf
