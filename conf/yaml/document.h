// A YAML document as a tree of nodes, each with its place in the file: what the shapes read.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/environment.h"
#include "conf/problems.h"

namespace penstock::conf {

struct Node;

struct Entry {
  std::string key;
  Mark mark;  ///< of the key
  const Node* value = nullptr;
};

struct Node {
  enum class Type {
    null,  ///< a key without a value, or ~
    text,  ///< any scalar; what it means is for its reader to say
    list,
    map,
    broken,  ///< already reported; to be passed over in silence
  };
  Type type = Type::null;
  Mark mark;
  std::string text;                ///< of text, with the environment expanded
  std::vector<const Node*> items;  ///< of list; an alias is the very node that it names
  std::vector<Entry> entries;      ///< of map, in the order of the file, each key once

  /// The key's entry in a map; null if it is not there.
  const Entry* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  /// True if the node is of that type. Otherwise adds a problem, unless it has one already.
  bool is(Type wanted, Problems& problems) const;
};

/// Owns the nodes; they live as long as it does.
struct Document {
  std::deque<Node> nodes;
  const Node* root = nullptr;
};

/// Bounds of one file, against mistakes and malice. Aliases count as often as they are used.
inline constexpr std::size_t kMaxFileBytes = 16 << 20;
inline constexpr std::size_t kMaxNodes = 1'000'000;
inline constexpr std::size_t kMaxDepth = 32;

/// Parses exactly one document; nullopt if its syntax is wrong. Never throws.
std::optional<Document> parse_yaml(std::string_view yaml, const Environment& env, Problems& problems);

}  // namespace penstock::conf
