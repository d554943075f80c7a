// Path patterns, compiled: exact ones in a hash table, the others in a trie by segment.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/routing/string_index.h"

namespace penstock::routing {

/// A forest: one tree of patterns per host. Each distinct pattern of a tree is a *place*, numbered from 0 over the
/// whole forest; where only the names of parameters differ, it is the same place.
///
///   /a/b        whole path in `whole_`, as found with one look-up
///   /a/{id}     a ──▶ parameter, its `full` place
///   /a/*        a, its `rest` place: "/a/" and all below it, not "/a" itself
///   /* and ""   the root's `rest` place
class PathIndex {
  struct Node;

 public:
  /// An empty tree; returns its root.
  std::uint32_t add_tree();
  /// The place of a pattern, made if it is new. `pattern` as in conf::Match::path, percent-encoding allowed.
  std::uint32_t add(std::uint32_t root, std::string_view pattern);
  std::uint32_t places() const { return places_; }

  /// The places that match a path, the most specific first: by segment from the left, literal before {parameter}
  /// before "*". Visits no node twice, so that no path costs more than the tree has nodes, however patterns are mixed;
  /// and an ordinary one costs a look-up per segment. The index and the path must outlive the walk.
  class Walk {
   public:
    /// `path` as made by CanonicalPath; one that doesn't begin with "/" has only the place of "".
    Walk(const PathIndex& index, std::uint32_t root, std::string_view path);

    /// kNone at the end.
    std::uint32_t next();

   private:
    /// What to try next at node_: each step sets the following one.
    enum class Step : std::uint8_t { whole, literal, parameter, rest, leave };

    std::string_view segment() const;
    void enter(std::uint32_t node, std::string_view segment);
    void leave(const Node& node);

    const PathIndex& index_;
    std::string_view path_;
    std::size_t at_ = 0;  ///< of the "/" before the segment to match; the path's end if there is none left
    std::uint32_t node_;
    Step step_;
  };

 private:
  struct Node {
    std::uint32_t parent = kNone;
    std::uint32_t parameter = kNone;  ///< the child for a {parameter}
    std::uint32_t full = kNone;       ///< place of the pattern that ends here
    std::uint32_t rest = kNone;       ///< place of the pattern that goes on with "*"
    bool is_parameter = false;
    bool has_literals = false;
  };

  std::uint32_t add_node(std::uint32_t parent, bool is_parameter);
  std::uint32_t child(std::uint32_t node, std::string_view segment);
  std::uint32_t place(std::uint32_t& slot);

  StringIndex whole_;     ///< (root, path) → place
  StringIndex children_;  ///< (node, segment) → node
  std::vector<Node> nodes_;
  std::uint32_t places_ = 0;
};

}  // namespace penstock::routing
