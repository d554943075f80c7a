#include "gateway/filters/limits/limits_filter.h"

#include <charconv>

#include "gateway/base/blame.h"

namespace penstock::filters {
namespace {

/// Whether the time that a request took says how long its upstream takes, or takes at least.
bool tells_of_upstream(const Outcome& outcome) {
  switch (outcome.error) {
    case ErrorKind::none:
      return outcome.status > 0 && outcome.status < 500;
    case ErrorKind::client_gone:
    case ErrorKind::first_byte_timeout:
    case ErrorKind::upstream_idle_timeout:
    case ErrorKind::total_timeout:
      return true;
    default:
      return false;
  }
}

/// Its client chose the end: the upstream would have taken longer, and how much longer nobody knows.
bool is_clients_end(const Outcome& outcome) {
  return blame_for({.kind = outcome.error, .phase = AttemptPhase::waiting, .clients_bound = outcome.clients_bound}) ==
         Blame::client;
}

void set_number(std::string& text, std::uint64_t number) {
  std::array<char, 20> digits;
  text.assign(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace

struct LimitsFilter::State {
  explicit State(Waker& w)
      : waker(w), admission([](void* self, bool has) { static_cast<State*>(self)->told_in_line(has); }, this) {}

  void told_in_line(bool has) {
    has_place = has;
    waker.wake();
  }

  Waker& waker;
  Admission admission;
  unsigned worker = 0;
  Nanos passed_at = 0;
  bool waits = false;      ///< a limit has told it to
  bool has_place = false;  ///< what it was woken with
  std::array<std::string, 3> texts;
};

const StateKind* LimitsFilter::state_kind() const {
  return &kStateKind<State>;
}

void LimitsFilter::start(const Scope& scope, void* state) const {
  auto& its = *static_cast<State*>(state);
  its.admission.begin(gates_, scope.priority);
  its.worker = scope.worker;
  its.waits = false;
}

// ---- the way in

Verdict LimitsFilter::on_request(const Scope& scope, void* state) const {
  return ask(scope, *static_cast<State*>(state));
}

Verdict LimitsFilter::on_fallback(const Scope& scope, void* state) const {
  auto& its = *static_cast<State*>(state);
  its.admission.go_elsewhere(fallback_gates_);
  return ask(scope, its);
}

/// It has a place, or was sent away. Or the time is over: its turn has come, or it has waited for a place in vain.
Verdict LimitsFilter::resume(const Scope& scope, void* state, bool woken) const {
  auto& its = *static_cast<State*>(state);
  const bool in_vain = woken ? !its.has_place : its.admission.in_line();
  its.waits = false;
  return in_vain ? judge(scope, its, its.admission.sent_away(scope.now)) : ask(scope, its);
}

Verdict LimitsFilter::ask(const Scope& scope, State& state) {
  return judge(scope, state,
               state.admission.go_on({.now = scope.now,
                                      .unix_ms = scope.unix_ms,
                                      .head = scope.head,
                                      .client = scope.client,
                                      .worker = scope.worker,
                                      .cost = scope.cost}));
}

Verdict LimitsFilter::judge(const Scope& scope, State& state, const Ruling& ruling) {
  switch (ruling.decision) {
    case Decision::pass:
      state.passed_at = scope.now;
      return Verdict::go_on();
    case Decision::wait:
      state.waits = true;
      return Verdict::wait(ruling.wait);
    case Decision::refuse:
      break;
  }
  const Limit& limit = state.admission.last();
  const bool never = ruling.retry_after == limiters::kNever;
  return Verdict::refuse(limit.is_clients_fault() ? ErrorKind::rate_limited : ErrorKind::overloaded, limit.title(),
                         never ? 0 : static_cast<int>(retry_seconds(ruling.retry_after)));
}

// ---- the way out

/// What the client may still ask for, and when again.
void LimitsFilter::on_response(const Scope&, void* state, http::OutgoingResponse&, http::FieldSet& fields) const {
  auto& its = *static_cast<State*>(state);
  if (!its.admission.tells()) return;
  if (told_.draft) {
    fields.added.push_back({"RateLimit-Policy", its.admission.rate_limit_policy()});
    fields.added.push_back({"RateLimit", its.admission.rate_limit()});
  }
  if (!told_.x_ratelimit) return;
  const Admission::Tightest& tightest = its.admission.tightest();
  set_number(its.texts[0], tightest.quota);
  set_number(its.texts[1], tightest.remaining);
  set_number(its.texts[2], tightest.reset_s);
  fields.added.push_back({"X-RateLimit-Limit", its.texts[0]});
  fields.added.push_back({"X-RateLimit-Remaining", its.texts[1]});
  fields.added.push_back({"X-RateLimit-Reset", its.texts[2]});
}

/// What it holds goes back, and limits that learn hear how long it took.
void LimitsFilter::leave(void* state, const Outcome& outcome) const {
  auto& its = *static_cast<State*>(state);
  if (!its.admission.holds()) return;
  its.admission.end({.now = outcome.now,
                     .took = outcome.now - its.passed_at,
                     .worker = its.worker,
                     .gave_up = its.waits,
                     .counts = outcome.of_upstream && tells_of_upstream(outcome),
                     .at_least = is_clients_end(outcome)});
  its.waits = false;
}

bool LimitsFilter::crowded(const void* state) const {
  return static_cast<const State*>(state)->admission.crowded();
}

}  // namespace penstock::filters
