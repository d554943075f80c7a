// routes[].rewrite: the path that the upstream gets.
#pragma once

#include "conf/fields.h"
#include "gateway/filters/filter.h"

namespace penstock::filters {

class RewriteFilter final : public Filter {
 public:
  /// `rewrite` stays as long as the filter.
  explicit RewriteFilter(const conf::Rewrite& rewrite) : rewrite_(rewrite) {}

  const StateKind* state_kind() const override;
  void on_forward(const Scope& scope, void* state, http::OutgoingRequest& request,
                  http::FieldSet& fields) const override;

 private:
  struct State;
  const conf::Rewrite& rewrite_;
};

}  // namespace penstock::filters
