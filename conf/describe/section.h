// The shape of a map with known keys: each key is a member of a struct, whose initial value is the key's default.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/describe/shape.h"

namespace penstock::conf {

enum class Need {
  optional,
  derived,  ///< optional, and what it is if it is left out depends on other keys: its text has to tell
  required,
};

/// What a section does that does not depend on its type.
class SectionKeys {
 public:
  struct Key {
    std::string name;
    std::string doc;
    Need need = Need::optional;
  };

  void add(Key key) { keys_.push_back(std::move(key)); }
  const Key& operator[](std::size_t index) const { return keys_[index]; }
  /// Index of the key; unknown ones are a problem and the number of keys.
  std::size_t find(const Entry& entry, Problems& problems) const;
  void report_missing(const Node& node, Problems& problems) const;
  /// `properties` as a schema, with what is `required` and `rules` (or null) beside them.
  Json schema(const Json& properties, const Json& rules) const;
  /// The schema of a key's value with the key's text and its default, unless that is null or told by its parts.
  Json describe(std::size_t index, const Json& value, const Json& initial) const;
  /// The same of a key that overrides what `whose` says, "the upstream's": what a text says behind "Left out:" is not
  /// true there.
  Json describe_override(std::size_t index, const Json& value, const std::string& whose) const;

 private:
  std::vector<Key> keys_;
};

template <class S>
class Section final : public Shape<S> {
 public:
  /// Checks what one key alone does not show. Called if all keys were sound.
  using Rule = std::function<void(const S&, const Node&, Problems&)>;
  using Completion = std::function<void(S&, const Node&, Problems&)>;
  using When = std::function<bool(const S&)>;

  /// `member` may be one of a base of S.
  template <class M, class B>
  Section& key(std::string name, M B::*member, ShapeOf<M> shape, std::string doc, Need need = Need::optional) {
    keys_.add({std::move(name), std::move(doc), need});
    members_.push_back({
        [=](const Node& node, S& out, Problems& problems) { shape->read(node, out.*member, problems); },
        [=](const S& value) { return shape->write(value.*member); },
        [=] { return shape->schema(); },
        [=](const S& from, S& to) { to.*member = from.*member; },
        nullptr,
    });
    return *this;
  }

  /// A map within, whose keys are members of S too.
  Section& part(std::string name, ShapeOf<S> shape, std::string doc) {
    keys_.add({std::move(name), std::move(doc), Need::derived});
    members_.push_back({
        [=](const Node& node, S& out, Problems& problems) { shape->read(node, out, problems); },
        [=](const S& value) { return shape->write(value); },
        [=] { return shape->schema(); },
        nullptr,
        nullptr,
    });
    return *this;
  }

  /// The last key says something only then, and else is not written out.
  Section& when(When when) {
    members_.back().when = std::move(when);
    return *this;
  }

  /// Fills in what depends on other keys; comes before the rule, if all keys were sound.
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
    read_keys(node, out, problems);
    keys_.report_missing(node, problems);
    if (problems.count() != before) return;
    if (completion_) completion_(out, node, problems);
    if (rule_) rule_(out, node, problems);
  }

  /// The keys that are there, and nothing else: their indices.
  std::vector<std::size_t> read_keys(const Node& node, S& out, Problems& problems) const {
    std::vector<std::size_t> there;
    for (const Entry& entry : node.entries) {
      const std::size_t index = keys_.find(entry, problems);
      if (index == members_.size()) continue;
      const Problems::About about(problems, entry.key);
      members_[index].read(*entry.value, out, problems);
      there.push_back(index);
    }
    return there;
  }

  void check(const S& value, const Node& node, Problems& problems) const {
    if (rule_) rule_(value, node, problems);
  }
  const std::string& name_of(std::size_t index) const { return keys_[index].name; }
  /// Of a key that is no part.
  void copy(std::size_t index, const S& from, S& to) const { members_[index].copy(from, to); }

  Json write(const S& value) const override {
    Json result = Json::Map{};
    for (std::size_t i = 0; i < members_.size(); ++i) result.set(keys_[i].name, write_key(i, value));
    return result;
  }

  Json schema() const override {
    Json properties = Json::Map{};
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const Json initial = keys_[i].need == Need::optional ? write_key(i, S{}) : Json();
      properties.set(keys_[i].name, keys_.describe(i, members_[i].schema(), initial));
    }
    return keys_.schema(properties, rule_schema_);
  }

  /// Of a map with the same keys that overrides `whose` values: what is left out is as it is there.
  Json overriding_schema(const std::string& whose) const {
    Json properties = Json::Map{};
    for (std::size_t i = 0; i < members_.size(); ++i)
      properties.set(keys_[i].name, keys_.describe_override(i, members_[i].schema(), whose));
    return keys_.schema(properties, rule_schema_);
  }

 private:
  struct Member {
    std::function<void(const Node&, S&, Problems&)> read;
    std::function<Json(const S&)> write;
    std::function<Json()> schema;
    std::function<void(const S&, S&)> copy;  ///< null for a part
    When when;                               ///< null for always
  };

  Json write_key(std::size_t index, const S& value) const {
    const Member& member = members_[index];
    return member.when && !member.when(value) ? Json() : member.write(value);
  }

  SectionKeys keys_;
  std::vector<Member> members_;
  Completion completion_;
  Rule rule_;
  Json rule_schema_;
};

}  // namespace penstock::conf
