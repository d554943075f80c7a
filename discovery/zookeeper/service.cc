#include "discovery/zookeeper/service.h"

#include <algorithm>
#include <set>
#include <utility>

namespace penstock::discovery {

ZooKeeperService::ZooKeeperService(ZooKeeperTree& tree, const ZooKeeperLayout& layout, conf::Discover what,
                                   ServiceSink& sink)
    : ZooKeeperReader(tree, layout.service_path(what.service)), layout_(layout), what_(std::move(what)), sink_(sink) {}

void ZooKeeperService::forget() {
  names_known_ = false;
  for (auto& [name, child] : children_) child.is_known = false;
}

void ZooKeeperService::changed(const std::string& changed_path, bool gone) {
  if (changed_path == path()) {
    names_known_ = false;
  } else {
    const auto child = children_.find(std::string_view(changed_path).substr(path().size() + 1));
    if (gone) return;  // that the names have changed follows, or they are being read
    if (child == children_.end()) return;
    child->second.is_known = false;
  }
  want();
}

void ZooKeeperService::read() {
  unreadable_.clear();
  if (names_known_) return read_children();
  names_known_ = true;  // a change from now on makes it false again
  tree_.children(*this, path(), [this, round = round()](NodeAnswer& answer) {
    if (!is_stale(round, answer)) names_came(answer);
  });
}

void ZooKeeperService::names_came(NodeAnswer& answer) {
  if (answer.result == NodeResult::no_node) return wait_for_node();
  if (answer.result != NodeResult::ok || answer.children.size() > kMostInstances) {
    names_known_ = false;
    return refused(path() + ": " + (answer.why.empty() ? "has too many children" : answer.why));
  }
  take_names(answer.children);
  read_children();
}

/// It has no instances, and is watched for its coming.
void ZooKeeperService::wait_for_node() {
  children_.clear();
  tree_.exists(*this, path(), [this, round = round()](NodeAnswer& answer) {
    if (is_stale(round, answer)) return;
    if (answer.result == NodeResult::no_node) return all_came();
    names_known_ = false;
    if (answer.result != NodeResult::ok) return refused(path() + ": " + answer.why);
    want();  // it came in between
    ended();
  });
}

void ZooKeeperService::take_names(const std::vector<std::string>& names) {
  const std::set<std::string_view> present(names.begin(), names.end());
  std::erase_if(children_, [&](const auto& each) { return !present.contains(each.first); });
  for (const std::string& name : names) children_.try_emplace(name);
}

void ZooKeeperService::read_children() {
  awaited_ = 0;
  for (auto& [name, child] : children_) {
    if (child.is_known) continue;
    child.is_known = true;
    if (!layout_.reads_data()) {
      child.read = layout_.read_child(what_, name, {});
      continue;
    }
    ++awaited_;
    tree_.get(*this, path() + "/" + name, [this, which = name, round = round()](NodeAnswer& answer) {
      if (!is_stale(round, answer)) child_came(which, answer);
    });
  }
  if (awaited_ == 0) all_came();
}

void ZooKeeperService::child_came(const std::string& name, const NodeAnswer& answer) {
  const auto child = children_.find(name);
  if (answer.result == NodeResult::ok) {
    child->second.read = layout_.read_child(what_, name, answer.data);
  } else if (answer.result == NodeResult::no_node) {
    children_.erase(child);  // gone since its name was read, which the watch for names tells, too
  } else {
    child->second = {false, {std::nullopt, answer.why}};
    unreadable_ = answer.why;
  }
  if (--awaited_ == 0) all_came();
}

void ZooKeeperService::all_came() {
  ServiceList list;
  std::size_t wrong = 0;
  // Beside others a port that never answers an HTTP request is no place for one; alone, it may be one by another name.
  const bool has_others = std::any_of(children_.begin(), children_.end(), [](const auto& each) {
    return each.second.read.instance && !each.second.read.is_binary;
  });
  for (const auto& [name, child] : children_) {
    if (child.read.instance && !(has_others && child.read.is_binary)) list.instances.push_back(*child.read.instance);
    if (child.read.excluded) ++list.excluded;
    if (!child.read.wrong.empty()) ++wrong;
  }
  complain();
  if (wrong != 0 && wrong == children_.size()) {
    return refused(path() + ": none of its children makes sense: " + children_.begin()->first + " " +
                   children_.begin()->second.read.wrong);
  }
  unreadable_.empty() ? ended() : retry_later();
  sink_.listed(std::move(list));
}

/// Once for each first child that makes no sense, rather than for each reading.
void ZooKeeperService::complain() {
  std::string first;
  std::size_t wrong = 0;
  for (const auto& [name, child] : children_) {
    if (child.read.wrong.empty() || wrong++ != 0) continue;
    first = name + " " + child.read.wrong;
  }
  if (first == complaint_) return;
  complaint_ = first;
  if (wrong == 0) return;
  tree_.log("ZooKeeper: " + std::to_string(wrong) + " of the " + std::to_string(children_.size()) + " children of " +
            path() + " are left out; " + first);
}

}  // namespace penstock::discovery
