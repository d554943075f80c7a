#include "gateway/filters/state_block.h"

#include <algorithm>
#include <cassert>

namespace penstock::filters {

std::size_t StateLayout::place_of(const StateKind& kind) {
  const auto found = std::find_if(places_.begin(), places_.end(), [&](const Place& p) { return p.kind == &kind; });
  if (found != places_.end()) return found->offset;
  assert(kind.align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  const std::size_t offset = (size_ + kind.align - 1) / kind.align * kind.align;
  places_.push_back({&kind, offset});
  size_ = offset + kind.size;
  return offset;
}

void StateBlock::fit(const StateLayoutPtr& layout) {
  if (layout == layout_) return;
  clear();
  bytes_ = std::make_unique<std::byte[]>(layout->size());
  for (const StateLayout::Place& place : layout->places()) place.kind->make(at(place.offset), waker_);
  layout_ = layout;
}

void StateBlock::clear() {
  if (!layout_) return;
  for (const StateLayout::Place& place : layout_->places()) place.kind->destroy(at(place.offset));
  layout_.reset();
}

}  // namespace penstock::filters
