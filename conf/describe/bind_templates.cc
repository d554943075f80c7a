// Templates are bound to their route's path where the route is read: there their places in the file are known.
#include "conf/describe/field_values.h"
#include "conf/describe/parts.h"
#include "conf/path_pattern.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

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

void bind_templates(Route& route, const Node& node, Problems& problems) {
  const std::string& path = route.match.path;
  if (const Entry* fields = node.find("fields")) {
    bind_changes(route.fields.request, fields->value->find("request"), path, problems);
    bind_changes(route.fields.response, fields->value->find("response"), path, problems);
  }
  if (route.rewrite) bind_rewrite(*route.rewrite, *node.find("rewrite")->value, path, problems);
}

}  // namespace penstock::conf
