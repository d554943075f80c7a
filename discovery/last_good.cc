#include "discovery/last_good.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "gateway/base/nanos.h"

namespace penstock::discovery {
namespace {

bool before(const Instance& a, const Instance& b) {
  return std::tie(a.host, a.port) < std::tie(b.host, b.port);
}

bool same(const Instance& a, const Instance& b) {
  return a.port == b.port && a.host == b.host;
}

/// Places are sorted rather than the instances, which are large.
void put_in_order(std::vector<Instance>& instances) {
  std::vector<Instance*> places;
  places.reserve(instances.size());
  for (Instance& instance : instances) places.push_back(&instance);
  std::stable_sort(places.begin(), places.end(), [](const Instance* a, const Instance* b) { return before(*a, *b); });
  const auto end = std::unique(places.begin(), places.end(), [](auto* a, auto* b) { return same(*a, *b); });
  std::vector<Instance> sorted;
  sorted.reserve(instances.size());
  for (auto place = places.begin(); place != end; ++place) sorted.push_back(std::move(**place));
  instances = std::move(sorted);
}

/// Those of `from` that are not in `list`; both in order.
std::vector<Instance> missing(const std::vector<Instance>& from, const std::vector<Instance>& list) {
  std::vector<Instance> result;
  std::set_difference(from.begin(), from.end(), list.begin(), list.end(), std::back_inserter(result), before);
  return result;
}

std::vector<Instance> both(const std::vector<Instance>& list, const std::vector<Instance>& more) {
  std::vector<Instance> result;
  std::set_union(list.begin(), list.end(), more.begin(), more.end(), std::back_inserter(result), before);
  return result;
}

}  // namespace

void LastGood::restore(std::vector<Instance> instances) {
  put_in_order(instances);
  believe(std::move(instances));
  freshness_ = Freshness::from_disk;
}

bool LastGood::listed(ServiceList list, Nanos now) {
  std::vector<Instance> instances = std::move(list.instances);
  put_in_order(instances);
  freshness_ = Freshness::fresh;
  heard_at_ = now;
  const std::vector<Instance> removed = missing(believed_, instances);
  if (!is_suspicious(removed.size(), believed_.size())) return believe(std::move(instances));
  std::vector<Instance> used = both(instances, removed);
  const bool changed = used != this->instances();
  used_ = std::move(used);
  suspect_ = suspect_of(instances, removed.size(), list.excluded, now);
  const auto confirm = confirm_at();
  return confirm && now >= *confirm ? believe(std::move(instances)) : changed;
}

LastGood::Suspect LastGood::suspect_of(std::vector<Instance> listed, std::size_t removed, std::size_t excluded,
                                       Nanos now) const {
  Suspect next = suspect_.value_or(Suspect{.began = now, .since = now});
  // An answer that takes away what the last one had is no confirmation of that; one that gives something back is of a
  // registry whose clients are coming back.
  const bool takes_more = suspect_ && is_suspicious(missing(suspect_->listed, listed).size(), suspect_->listed.size());
  if (takes_more || removed < next.removed) next.since = now;
  next.explained = removed <= excluded || (next.explained && removed <= next.removed);
  // Of a service with new instances the registry knows; of one whose old ones come back by and by it knows not yet.
  const bool only_known = missing(listed, believed_).empty();
  next.forgotten = !next.explained && (listed.empty() || (next.forgotten && only_known));
  next.removed = removed;
  next.listed = std::move(listed);
  return next;
}

void LastGood::failed(Nanos) {
  if (freshness_ == Freshness::fresh) freshness_ = Freshness::stale;
}

void LastGood::answered(Nanos now) {
  if (suspect_) suspect_->answered_at = now;
}

bool LastGood::accept() {
  if (!suspect_) return false;
  believe(std::vector<Instance>(std::move(suspect_->listed)));
  return true;
}

bool LastGood::accept_if(const std::function<bool(const Instance&)>& unusable) {
  if (!suspect_) return false;
  const std::vector<Instance> removed = missing(believed_, suspect_->listed);
  return std::all_of(removed.begin(), removed.end(), unusable) && accept();
}

std::optional<Nanos> LastGood::confirm_at() const {
  if (!suspect_ || !protection_) return std::nullopt;
  const Nanos confirm_after = nanos(protection_->confirm_after);
  Nanos wait = suspect_->explained ? confirm_after : std::max(confirm_after, settles_in_);
  if (!suspect_->forgotten) return std::min(suspect_->since + wait, suspect_->began + kLongest * wait);
  if (!protection_->empty_after) return std::nullopt;
  wait = std::max(wait, nanos(*protection_->empty_after));
  const Nanos at = std::max(suspect_->since + wait, suspect_->answered_at + confirm_after);
  return std::min(at, suspect_->began + kLongest * wait);
}

bool LastGood::is_suspicious(std::size_t removed, std::size_t of) const {
  if (!protection_ || removed == 0) return false;
  return removed == of || static_cast<double>(removed) > static_cast<double>(of) * protection_->max_removed;
}

/// Sorted and without doubles already. True if instances() has changed by it.
bool LastGood::believe(std::vector<Instance> instances) {
  const bool changed = instances != this->instances();
  if (suspect_ ? instances != believed_ : changed) ++believed_version_;
  believed_ = std::move(instances);
  used_.clear();
  suspect_.reset();
  return changed;
}

}  // namespace penstock::discovery
