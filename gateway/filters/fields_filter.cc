#include "gateway/filters/fields_filter.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/filters/expand.h"

namespace penstock::filters {

namespace {

/// What the values of one head are made in. Both filters have one, of which one is used at a time.
struct Values {
  explicit Values(Waker&) {}

  struct Value {
    std::string_view name;
    std::size_t begin;
    std::size_t size;
  };
  std::string text;
  std::vector<Value> values;

  void make(std::string_view name, const conf::TextTemplate& value, const Scope& scope) {
    const std::size_t begin = text.size();
    expand(value, scope, text);
    if (text.size() > begin) values.push_back({name, begin, text.size() - begin});
  }
};

void remove_named(std::string_view name, http::FieldSet& fields) {
  const auto of_that_name = [name](const http::Field& field) { return http::iequals(field.name, name); };
  std::erase_if(fields.passed, of_that_name);
  std::erase_if(fields.added, of_that_name);
}

void apply(const conf::FieldChanges& changes, const Scope& scope, Values& made, http::FieldSet& fields) {
  made.text.clear();
  made.values.clear();
  for (const std::string& name : changes.remove) remove_named(name, fields);
  for (const auto& [name, value] : changes.set) {
    remove_named(name, fields);
    made.make(name, value, scope);
  }
  for (const auto& [name, value] : changes.add) made.make(name, value, scope);
  // Now that the text moves no more.
  for (const Values::Value& value : made.values)
    fields.added.push_back({value.name, std::string_view(made.text).substr(value.begin, value.size)});
}

}  // namespace

const StateKind* RequestFieldsFilter::state_kind() const {
  return &kStateKind<Values>;
}

void RequestFieldsFilter::on_forward(const Scope& scope, void* state, http::OutgoingRequest&,
                                     http::FieldSet& fields) const {
  apply(changes_, scope, *static_cast<Values*>(state), fields);
}

const StateKind* ResponseFieldsFilter::state_kind() const {
  return &kStateKind<Values>;
}

void ResponseFieldsFilter::on_response(const Scope& scope, void* state, http::OutgoingResponse&,
                                       http::FieldSet& fields) const {
  apply(changes_, scope, *static_cast<Values*>(state), fields);
}

}  // namespace penstock::filters
