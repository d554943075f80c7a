#include "gateway/routing/path_index.h"

#include <string>

#include "gateway/routing/canonical.h"

namespace penstock::routing {
namespace {

/// Where the segment that follows the "/" at `at` ends.
std::size_t segment_end(std::string_view path, std::size_t at) {
  const std::size_t end = path.find('/', at + 1);
  return end == std::string_view::npos ? path.size() : end;
}

/// Asked of the pattern as written: "%7Bid%7D" is a literal.
bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

bool has_parameter(std::string_view pattern) {
  return pattern.find("/{") != std::string_view::npos;
}

}  // namespace

std::uint32_t PathIndex::add_node(std::uint32_t parent, bool is_parameter) {
  nodes_.push_back({.parent = parent, .is_parameter = is_parameter});
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t PathIndex::add_tree() {
  return add_node(kNone, false);
}

std::uint32_t PathIndex::place(std::uint32_t& slot) {
  return slot == kNone ? slot = places_++ : slot;
}

std::uint32_t PathIndex::child(std::uint32_t node, std::string_view segment) {
  if (!is_parameter(segment)) {
    nodes_[node].has_literals = true;
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    std::string rooted = "/";
    rooted += segment;
    const std::uint32_t found = children_.find_or_add(node, CanonicalPath(rooted).view().substr(1), next);
    return found == next ? add_node(node, false) : found;
  }
  if (nodes_[node].parameter == kNone) {
    const std::uint32_t next = add_node(node, true);
    nodes_[node].parameter = next;
  }
  return nodes_[node].parameter;
}

std::uint32_t PathIndex::add(std::uint32_t root, std::string_view pattern) {
  const bool prefix = pattern.empty() || pattern.ends_with("/*");
  if (!prefix && !has_parameter(pattern)) {
    const std::uint32_t added = whole_.find_or_add(root, CanonicalPath(pattern).view(), places_);
    if (added == places_) ++places_;
    return added;
  }
  if (!pattern.empty() && prefix) pattern.remove_suffix(2);
  std::uint32_t node = root;
  for (std::size_t at = 0; at < pattern.size(); at = segment_end(pattern, at)) {
    const std::size_t end = segment_end(pattern, at);
    const std::string_view segment = pattern.substr(at + 1, end - at - 1);
    const bool closing_slash = end == pattern.size() && !prefix;
    if (!segment.empty() || closing_slash) node = child(node, segment);
  }
  return place(prefix ? nodes_[node].rest : nodes_[node].full);
}

PathIndex::Walk::Walk(const PathIndex& index, std::uint32_t root, std::string_view path)
    : index_(index), path_(path), node_(root), step_(path.starts_with('/') ? Step::whole : Step::rest) {}

std::string_view PathIndex::Walk::segment() const {
  return path_.substr(at_ + 1, segment_end(path_, at_) - at_ - 1);
}

std::uint32_t PathIndex::Walk::next() {
  for (;;) {
    const Node& node = index_.nodes_[node_];
    switch (step_) {
      case Step::whole:
        step_ = Step::literal;
        if (const std::uint32_t found = index_.whole_.find(node_, path_); found != kNone) return found;
        break;
      case Step::literal:
        step_ = Step::parameter;
        if (at_ == path_.size()) {
          step_ = Step::leave;
          if (node.full != kNone) return node.full;
        } else if (node.has_literals) {
          const std::string_view text = segment();
          if (const std::uint32_t to = index_.children_.find(node_, text); to != kNone) enter(to, text);
        }
        break;
      case Step::parameter:
        step_ = Step::rest;
        if (node.parameter != kNone) {
          if (const std::string_view text = segment(); !text.empty()) enter(node.parameter, text);
        }
        break;
      case Step::rest:
        step_ = Step::leave;
        if (node.rest != kNone) return node.rest;
        break;
      case Step::leave:
        if (node.parent == kNone) return kNone;
        leave(node);
        break;
    }
  }
}

void PathIndex::Walk::enter(std::uint32_t node, std::string_view segment) {
  node_ = node;
  at_ += 1 + segment.size();
  step_ = Step::literal;
}

/// Back to the parent, and to what it has left to try. No "/" stands beside another, so the last one before at_ is
/// that of the segment which led here.
void PathIndex::Walk::leave(const Node& node) {
  at_ = path_.rfind('/', at_ - 1);
  node_ = node.parent;
  step_ = node.is_parameter ? Step::rest : Step::parameter;
}

}  // namespace penstock::routing
