// A route's filters, in their order, and one request's way through them.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/filters/filter.h"
#include "gateway/filters/state_block.h"

namespace penstock::filters {

/// Immutable once it is made; any thread.
class Chain {
 public:
  /// The state's place is taken from `layout`, which outlives it.
  void add(std::unique_ptr<const Filter> filter, StateLayout& layout);

  bool empty() const { return entries_.empty(); }
  bool changes_request_body() const { return changes_request_body_; }
  bool changes_response_body() const { return changes_response_body_; }

 private:
  friend class ChainRun;
  struct Entry {
    std::unique_ptr<const Filter> filter;
    bool has_state;
    std::size_t offset;
  };
  std::vector<Entry> entries_;
  bool changes_request_body_ = false;
  bool changes_response_body_ = false;
};

/// Lent with its exchange; belongs to its thread. What a filter does is told at Filter, under the same name.
class ChainRun {
 public:
  explicit ChainRun(Waker& waker) : block_(waker) {}

  /// Without a chain; nothing that is handed a scope is then to be called.
  void begin() { chain_ = nullptr; }
  /// `chain` stays as long as the request runs; `layout` is what it was made with.
  void begin(const Chain& chain, const StateLayoutPtr& layout, const Scope& scope);
  bool empty() const { return chain_ == nullptr; }
  bool changes_request_body() const { return chain_ && chain_->changes_request_body(); }
  bool changes_response_body() const { return chain_ && chain_->changes_response_body(); }

  /// Of all filters, up to the first that does not let it go on.
  Verdict on_request(const Scope& scope);
  /// The filter that has it wait goes on, and those behind it.
  Verdict resume(const Scope& scope, bool woken);
  /// Of all filters anew.
  Verdict on_fallback(const Scope& scope);

  std::string_view on_request_body(const Scope& scope, std::string_view piece, bool last);
  void on_forward(const Scope& scope, http::OutgoingRequest& request, http::FieldSet& fields);
  void on_response(const Scope& scope, http::OutgoingResponse& response, http::FieldSet& fields);
  std::string_view on_response_body(const Scope& scope, std::string_view piece, bool last);

  void leave(const Outcome& outcome);
  bool crowded() const;

 private:
  using Ask = Verdict (Filter::*)(const Scope& scope, void* state) const;
  Verdict ask_from(std::size_t first, Ask ask, const Scope& scope);
  void* state_of(const Chain::Entry& entry) const { return entry.has_state ? block_.at(entry.offset) : nullptr; }

  StateBlock block_;
  const Chain* chain_ = nullptr;
  std::size_t waits_ = 0;  ///< the filter that has it wait
  Ask ask_ = nullptr;      ///< what was asked of it
};

}  // namespace penstock::filters
