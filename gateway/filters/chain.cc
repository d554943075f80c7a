#include "gateway/filters/chain.h"

#include <algorithm>
#include <utility>

namespace penstock::filters {

void Chain::add(std::unique_ptr<const Filter> filter, StateLayout& layout) {
  const StateKind* const kind = filter->state_kind();
  changes_request_body_ = changes_request_body_ || filter->changes_request_body();
  changes_response_body_ = changes_response_body_ || filter->changes_response_body();
  entries_.push_back({std::move(filter), kind != nullptr, kind ? layout.place_of(*kind) : 0});
}

void ChainRun::begin(const Chain& chain, const StateLayoutPtr& layout, const Scope& scope) {
  block_.fit(layout);
  chain_ = &chain;
  for (const auto& entry : chain_->entries_) entry.filter->start(scope, state_of(entry));
}

Verdict ChainRun::on_request(const Scope& scope) {
  return ask_from(0, &Filter::on_request, scope);
}

Verdict ChainRun::on_fallback(const Scope& scope) {
  return ask_from(0, &Filter::on_fallback, scope);
}

Verdict ChainRun::resume(const Scope& scope, bool woken) {
  const Chain::Entry& entry = chain_->entries_[waits_];
  const Verdict verdict = entry.filter->resume(scope, state_of(entry), woken);
  if (verdict.step != Verdict::Step::go_on) return verdict;
  return ask_from(waits_ + 1, ask_, scope);
}

Verdict ChainRun::ask_from(std::size_t first, Ask ask, const Scope& scope) {
  for (std::size_t i = first; i < chain_->entries_.size(); ++i) {
    const Chain::Entry& entry = chain_->entries_[i];
    const Verdict verdict = ((*entry.filter).*ask)(scope, state_of(entry));
    if (verdict.step == Verdict::Step::go_on) continue;
    waits_ = i;
    ask_ = ask;
    return verdict;
  }
  return Verdict::go_on();
}

std::string_view ChainRun::on_request_body(const Scope& scope, std::string_view piece, bool last) {
  for (const auto& entry : chain_->entries_) {
    if (entry.filter->changes_request_body())
      piece = entry.filter->on_request_body(scope, state_of(entry), piece, last);
  }
  return piece;
}

void ChainRun::on_forward(const Scope& scope, http::OutgoingRequest& request, http::FieldSet& fields) {
  for (const auto& entry : chain_->entries_) entry.filter->on_forward(scope, state_of(entry), request, fields);
}

void ChainRun::on_response(const Scope& scope, http::OutgoingResponse& response, http::FieldSet& fields) {
  for (auto entry = chain_->entries_.rbegin(); entry != chain_->entries_.rend(); ++entry)
    entry->filter->on_response(scope, state_of(*entry), response, fields);
}

std::string_view ChainRun::on_response_body(const Scope& scope, std::string_view piece, bool last) {
  for (auto entry = chain_->entries_.rbegin(); entry != chain_->entries_.rend(); ++entry) {
    if (entry->filter->changes_response_body())
      piece = entry->filter->on_response_body(scope, state_of(*entry), piece, last);
  }
  return piece;
}

void ChainRun::leave(const Outcome& outcome) {
  if (!chain_) return;
  for (const auto& entry : chain_->entries_) entry.filter->leave(state_of(entry), outcome);
}

bool ChainRun::crowded() const {
  return chain_ && std::any_of(chain_->entries_.begin(), chain_->entries_.end(),
                               [this](const auto& entry) { return entry.filter->crowded(state_of(entry)); });
}

}  // namespace penstock::filters
