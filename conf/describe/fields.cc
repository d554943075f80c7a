// The keys `fields` and `rewrite` of a route, and `host` of an upstream: what is changed on the way.
#include "conf/describe/collection_shapes.h"
#include "conf/describe/field_values.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/environment.h"
#include "conf/field_text.h"
#include "conf/http_text.h"
#include "conf/rewrite_text.h"

namespace penstock::conf {
namespace {

ShapeOf<TextTemplate> path_template_shape() {
  const auto write = [](const TextTemplate& path) {
    return path.text.empty() ? Json() : Json(escape_environment(path.text));
  };
  return parsed<TextTemplate>(read_path_template, write, text_schema("^/[^?#]*$"));
}

ShapeOf<FieldChanges> field_changes_shape(TextReader name_reader) {
  const auto name = text_like(kTokenPattern, name_reader);
  const auto in_any_case = [](const std::string& text) { return *read_field_name(text); };
  auto section = std::make_shared<Section<FieldChanges>>();
  section->key("remove", &FieldChanges::remove, one_or_list<std::string>(name, list<std::string>(name, 1, in_any_case)),
               "All fields of these names are taken away: a name, or a list of them.");
  section->key("set", &FieldChanges::set, field_values(name, Lists::refused),
               "Each of these fields takes the place of all of its name. Values may hold {placeholders}; a field whose "
               "value comes out empty is left out.");
  section->key("add", &FieldChanges::add, field_values(name, Lists::allowed),
               "These fields come beside what there is of their names. A list of values is a field for each.");
  return unless_default(ShapeOf<FieldChanges>(section));
}

void check_rewrite(const Rewrite&, const Node& node, Problems& problems) {
  if (node.has("strip") != node.has("path")) return;
  problems.add(node.mark, std::string("a rewrite needs exactly one of strip and path; this has ") +
                              (node.has("strip") ? "both" : "none"));
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

}  // namespace penstock::conf
