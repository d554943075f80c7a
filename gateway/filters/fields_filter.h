// routes[].fields: header fields that are set, added and taken away. Two filters, for each has the last word on its
// way.
#pragma once

#include "conf/fields.h"
#include "gateway/filters/filter.h"

namespace penstock::filters {

/// Of requests, as the upstream gets them.
class RequestFieldsFilter final : public Filter {
 public:
  /// `changes` stay as long as the filter.
  explicit RequestFieldsFilter(const conf::FieldChanges& changes) : changes_(changes) {}

  const StateKind* state_kind() const override;
  void on_forward(const Scope& scope, void* state, http::OutgoingRequest& request,
                  http::FieldSet& fields) const override;

 private:
  const conf::FieldChanges& changes_;
};

/// Of answers, as the client gets them.
class ResponseFieldsFilter final : public Filter {
 public:
  /// `changes` stay as long as the filter.
  explicit ResponseFieldsFilter(const conf::FieldChanges& changes) : changes_(changes) {}

  const StateKind* state_kind() const override;
  void on_response(const Scope& scope, void* state, http::OutgoingResponse& response,
                   http::FieldSet& fields) const override;

 private:
  const conf::FieldChanges& changes_;
};

}  // namespace penstock::filters
