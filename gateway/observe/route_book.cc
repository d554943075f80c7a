#include "gateway/observe/route_book.h"

#include <utility>

namespace penstock::observe {

RouteBook::RouteBook(std::size_t routes) : entries_(routes + 1) {}

RouteBook::~RouteBook() {
  for (Entry& entry : entries_) {
    Counted* counted = entry.load(std::memory_order_acquire);
    if (counted && counted->books.fetch_sub(1, std::memory_order_acq_rel) == 1) delete counted;
  }
}

/// Nothing if there is none, or `to` has its own by now.
void RouteBook::share(const Entry& from, Entry& to) {
  Counted* counted = from.load(std::memory_order_acquire);
  if (!counted || to.load(std::memory_order_acquire)) return;
  counted->books.fetch_add(1, std::memory_order_relaxed);
  to.store(counted, std::memory_order_release);
}

void RouteBook::take_over(const RouteBook& from, std::span<const std::uint32_t> was) {
  for (std::size_t i = 0; i < was.size(); ++i) {
    if (was[i] != kNoRoute) share(from.entries_[was[i]], entries_[i]);
  }
  share(from.entries_.back(), entries_.back());
}

void RouteBook::retire(std::shared_ptr<RouteBook> next, std::vector<std::uint32_t> became) {
  next_ = std::move(next);
  became_ = std::move(became);
  // What was counted for the first time after the control thread had looked.
  for (std::size_t i = 0; i < became_.size(); ++i) {
    if (became_[i] != kNoRoute) share(entries_[i], next_->entries_[became_[i]]);
  }
  share(entries_.back(), next_->entries_.back());
}

RouteStats& RouteBook::route(std::uint32_t index) {
  if (next_ && (index >= routes() || became_[index] != kNoRoute)) {
    return next_->route(index < routes() ? became_[index] : kNoRoute);
  }
  Entry& found = entry(index);
  if (Counted* counted = found.load(std::memory_order_relaxed)) return counted->stats;
  auto* made = new Counted;
  found.store(made, std::memory_order_release);
  return made->stats;
}

const RouteStats* RouteBook::if_used(std::size_t index) const {
  const Counted* counted = entries_[index].load(std::memory_order_acquire);
  return counted ? &counted->stats : nullptr;
}

}  // namespace penstock::observe
