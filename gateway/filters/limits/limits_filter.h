// A route's limits, and its upstream's, as a filter.
#pragma once

#include <array>
#include <span>
#include <string>

#include "conf/config.h"
#include "gateway/filters/filter.h"
#include "gateway/filters/limits/admission.h"
#include "gateway/filters/limits/limit_table.h"

namespace penstock::filters {

class LimitsFilter final : public Filter {
 public:
  /// The gates stay as long as the filter.
  LimitsFilter(std::span<const Gate> gates, std::span<const Gate> fallback_gates, const conf::RateLimitHeaders& told)
      : gates_(gates), fallback_gates_(fallback_gates), told_(told) {}

  const StateKind* state_kind() const override;
  void start(const Scope& scope, void* state) const override;
  Verdict on_request(const Scope& scope, void* state) const override;
  Verdict resume(const Scope& scope, void* state, bool woken) const override;
  Verdict on_fallback(const Scope& scope, void* state) const override;
  void on_response(const Scope& scope, void* state, http::OutgoingResponse& response,
                   http::FieldSet& fields) const override;
  void leave(void* state, const Outcome& outcome) const override;
  bool crowded(const void* state) const override;

 private:
  struct State;
  static Verdict ask(const Scope& scope, State& state);
  static Verdict judge(const Scope& scope, State& state, const Ruling& ruling);

  const std::span<const Gate> gates_;
  const std::span<const Gate> fallback_gates_;
  const conf::RateLimitHeaders told_;
};

}  // namespace penstock::filters
