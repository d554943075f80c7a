// The shape of a map with known keys: each key is a member of a struct, whose initial value is the key's default.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/shape.h"

namespace penstock::conf {

enum class Need { optional, required };

/// What a section does that does not depend on its type.
class SectionKeys {
 public:
  struct Key {
    std::string name;
    Need need = Need::optional;
  };

  void add(Key key) { keys_.push_back(std::move(key)); }
  /// Index of the key; unknown ones are a problem and keys_.size().
  std::size_t find(const Entry& entry, Problems& problems) const;
  void report_missing(const Node& node, Problems& problems) const;
  Json required() const;

 private:
  std::vector<Key> keys_;
};

template <class S>
class Section final : public Shape<S> {
 public:
  /// Checks what one key alone does not show. Called if all keys were sound.
  using Rule = std::function<void(const S&, const Node&, Problems&)>;

  using Completion = std::function<void(S&, const Node&)>;

  template <class M>
  Section& key(std::string name, M S::*member, ShapeOf<M> shape, const std::string& doc, Need need = Need::optional) {
    keys_.add({name, need});
    members_.push_back({
        name,
        [=](const Node& node, S& out, Problems& problems) { shape->read(node, out.*member, problems); },
        [=](const S& value) { return shape->write(value.*member); },
        [=] { return describe(shape->schema(), doc, need == Need::optional ? shape->write(S{}.*member) : Json()); },
    });
    return *this;
  }

  /// Fills in defaults that depend on other keys; comes before the rule, if all keys were sound.
  Section& completion(Completion completion) {
    completion_ = std::move(completion);
    return *this;
  }

  /// A rule, and what of it JSON Schema can say (or null).
  Section& rule(Rule rule, Json schema = {}) {
    rule_ = std::move(rule);
    rule_schema_ = std::move(schema);
    return *this;
  }

  void read(const Node& node, S& out, Problems& problems) const override {
    if (!node.is(Node::Type::map, problems)) return;
    const std::size_t before = problems.count();
    for (const Entry& entry : node.entries) {
      const std::size_t index = keys_.find(entry, problems);
      if (index == members_.size()) continue;
      const Problems::About about(problems, entry.key);
      members_[index].read(*entry.value, out, problems);
    }
    keys_.report_missing(node, problems);
    if (problems.count() != before) return;
    if (completion_) completion_(out, node);
    if (rule_) rule_(out, node, problems);
  }

  Json write(const S& value) const override {
    Json result = Json::Map{};
    for (const Member& member : members_) result.set(member.name, member.write(value));
    return result;
  }

  Json schema() const override {
    Json properties = Json::Map{};
    for (const Member& member : members_) properties.set(member.name, member.schema());
    Json result = Json::Map{{"type", "object"}, {"additionalProperties", false}};
    result.set("required", keys_.required());
    result.set("properties", properties);
    if (rule_schema_.is_map()) {
      for (const auto& [name, json] : rule_schema_.map()) result.set(name, json);
    }
    return result;
  }

 private:
  struct Member {
    std::string name;
    std::function<void(const Node&, S&, Problems&)> read;
    std::function<Json(const S&)> write;
    std::function<Json()> schema;
  };

  /// Defaults that are maps or lists are told by their parts.
  static Json describe(const Json& schema, const std::string& doc, const Json& initial) {
    Json result = Json::Map{{"description", doc}};
    if (!initial.is_map() && !initial.is_list()) result.set("default", initial);
    for (const auto& [name, json] : schema.map()) result.set(name, json);
    return result;
  }

  SectionKeys keys_;
  std::vector<Member> members_;
  Completion completion_;
  Rule rule_;
  Json rule_schema_;
};

}  // namespace penstock::conf
