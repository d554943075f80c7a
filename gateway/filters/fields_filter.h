// routes[].fields: header fields that are set, added and taken away.
#pragma once

#include "conf/fields.h"
#include "gateway/filters/filter.h"

namespace penstock::filters {

class FieldsFilter final : public Filter {
 public:
  /// `fields` stays as long as the filter.
  explicit FieldsFilter(const conf::Fields& fields) : fields_(fields) {}

  const StateKind* state_kind() const override;
  void on_forward(const Scope& scope, void* state, http::OutgoingRequest& request,
                  http::FieldSet& fields) const override;
  void on_response(const Scope& scope, void* state, http::OutgoingResponse& response,
                   http::FieldSet& fields) const override;

 private:
  struct State;
  const conf::Fields& fields_;
};

}  // namespace penstock::filters
