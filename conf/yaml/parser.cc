// parse_yaml(): yaml-cpp's events into nodes. The events are used rather than YAML::Node because they tell the places
// of keys, show repeated keys and aliases, and let the reading stop at a bound.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <map>
#include <sstream>
#include <unordered_set>

#include "conf/utf8.h"
#include "conf/values.h"
#include "conf/yaml/document.h"
#include "conf/yaml/plain_text.h"

namespace penstock::conf {
namespace {

/// Thrown through yaml-cpp to end the parsing; never leaves this file.
struct Stop {
  Mark mark;
  std::string message;
};

Mark from_yaml(const YAML::Mark& mark) {
  return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1};
}

/// A node that is complete, with what it comes to when its aliases are written out.
struct Finished {
  const Node* node;
  std::size_t nodes = 1;
  std::size_t height = 1;
};

class Builder final : public YAML::EventHandler {
 public:
  Builder(const Environment& env, Problems& problems) : env_(env), problems_(problems) {}

  Document take() { return std::move(document_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (document_.root) throw Stop{from_yaml(mark), "a file holds one YAML document, this begins a second"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (key_expected()) throw Stop{from_yaml(mark), "a key must be a plain text"};
    add(anchor, {make(Node::Type::null, from_yaml(mark))});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (key_expected()) throw Stop{from_yaml(mark), "a key must be a plain text, not an alias"};
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) throw Stop{from_yaml(mark), "an alias cannot stand inside of what it names"};
    last_ = from_yaml(mark);
    add(YAML::NullAnchor, named->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    const Mark place = from_yaml(mark);
    if (key_expected()) return take_key(place, value);
    Node* node = make(Node::Type::text, place);
    set_text(*node, value);
    add(anchor, {node});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Type::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Type::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is still open.
  struct Frame {
    Finished finished;
    Node* node = nullptr;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<Entry> key;              ///< of a map, when its value comes next
    std::unordered_set<std::string> keys;  ///< of a map, to find repeated ones
  };

  bool key_expected() const {
    return !open_.empty() && open_.back().node->type == Node::Type::map && !open_.back().key;
  }

  Node* make(Node::Type type, Mark mark) {
    last_ = mark;
    if (document_.nodes.size() >= kMaxNodes) too_many();
    Node& node = document_.nodes.emplace_back();
    node.type = type;
    node.mark = mark;
    return &node;
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    // "?" and "!" are what yaml-cpp says of plain and quoted scalars that have no tag.
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Stop{from_yaml(mark), "YAML tags are not supported: " + in_quotes(tag)};
  }

  void take_key(Mark mark, const std::string& key) {
    Frame& frame = open_.back();
    if (!frame.keys.insert(key).second) problems_.add(mark, "the key " + in_quotes(key) + " stands here twice");
    frame.key = Entry{key, mark, nullptr};
  }

  void set_text(Node& node, const std::string& value) {
    const auto text = expand(value, env_);
    const bool sound = text && is_utf8(*text);
    if (sound) {
      node.text = *text;
    } else {
      node.type = Node::Type::broken;
      problems_.add(node.mark, text ? "is not valid UTF-8" : text.problem());
    }
  }

  void open(Node::Type type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_tag(mark, tag);
    if (key_expected()) throw Stop{from_yaml(mark), "a key must be a plain text"};
    if (open_.size() >= kMaxDepth) too_deep();
    Node* node = make(type, from_yaml(mark));
    open_.push_back({{node}, node, anchor, std::nullopt, {}});
  }

  void close() {
    const Frame frame = std::move(open_.back());
    open_.pop_back();
    add(frame.anchor, frame.finished);
  }

  /// Puts a complete node where it belongs.
  void add(YAML::anchor_t anchor, Finished finished) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = finished;
    if (open_.empty()) {
      document_.root = finished.node;
      return;
    }
    Frame& parent = open_.back();
    parent.finished.nodes += finished.nodes;
    parent.finished.height = std::max(parent.finished.height, finished.height + 1);
    if (parent.finished.nodes > kMaxNodes) too_many();
    if (open_.size() + finished.height > kMaxDepth) too_deep();
    if (parent.node->type == Node::Type::list) {
      parent.node->items.push_back(finished.node);
    } else {
      parent.key->value = finished.node;
      parent.node->entries.push_back(*std::move(parent.key));
      parent.key.reset();
    }
  }

  [[noreturn]] void too_many() const {
    throw Stop{last_, "the file holds more than " + std::to_string(kMaxNodes) + " values, aliases written out"};
  }
  [[noreturn]] void too_deep() const {
    throw Stop{last_, "nested more than " + std::to_string(kMaxDepth) + " levels deep"};
  }

  const Environment& env_;
  Problems& problems_;
  Document document_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Finished> anchors_;
  Mark last_;  ///< of the newest node
};

}  // namespace

std::optional<Document> parse_yaml(std::string_view yaml, const Environment& env, Problems& problems) {
  if (const auto bad = first_bad_character(yaml)) {
    problems.add(*bad, "not plain UTF-8 text");
    return std::nullopt;
  }
  std::istringstream in{std::string(yaml)};
  Builder builder(env, problems);
  try {
    YAML::Parser parser(in);
    const bool found = parser.HandleNextDocument(builder);
    if (found && !parser.HandleNextDocument(builder)) return builder.take();
    problems.add({}, "the file is empty");
  } catch (const Stop& stop) {
    problems.add(stop.mark, stop.message);
  } catch (const YAML::Exception& error) {
    problems.add(from_yaml(error.mark), error.msg);
  } catch (const std::exception& error) {
    problems.add({}, std::string("cannot be parsed as YAML: ") + error.what());
  }
  return std::nullopt;
}

}  // namespace penstock::conf
