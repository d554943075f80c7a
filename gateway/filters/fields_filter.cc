#include "gateway/filters/fields_filter.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/filters/expand.h"

namespace penstock::filters {

/// What the values of one head are made in.
struct FieldsFilter::State {
  explicit State(Waker&) {}

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
  void apply(const conf::FieldChanges& changes, const Scope& scope, http::FieldSet& fields);
};

namespace {

void remove(std::string_view name, http::FieldSet& fields) {
  const auto of_that_name = [name](const http::Field& field) { return http::iequals(field.name, name); };
  std::erase_if(fields.passed, of_that_name);
  std::erase_if(fields.added, of_that_name);
}

}  // namespace

void FieldsFilter::State::apply(const conf::FieldChanges& changes, const Scope& scope, http::FieldSet& fields) {
  text.clear();
  values.clear();
  for (const std::string& name : changes.remove) remove(name, fields);
  for (const auto& [name, value] : changes.set) {
    remove(name, fields);
    make(name, value, scope);
  }
  for (const auto& [name, value] : changes.add) make(name, value, scope);
  // Now that the text moves no more.
  for (const Value& value : values)
    fields.added.push_back({value.name, std::string_view(text).substr(value.begin, value.size)});
}

const StateKind* FieldsFilter::state_kind() const {
  return &kStateKind<State>;
}

void FieldsFilter::on_forward(const Scope& scope, void* state, http::OutgoingRequest&, http::FieldSet& fields) const {
  if (!fields_.request.empty()) static_cast<State*>(state)->apply(fields_.request, scope, fields);
}

void FieldsFilter::on_response(const Scope& scope, void* state, http::OutgoingResponse&,
                               http::FieldSet& fields) const {
  if (!fields_.response.empty()) static_cast<State*>(state)->apply(fields_.response, scope, fields);
}

}  // namespace penstock::filters
