// Hedging: a second try at another endpoint beside one that takes long. The first that answers is passed on, and the
// other one dropped (Dean & Barroso, "The tail at scale", CACM 2013).
#pragma once

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/proxy/call/attempt.h"
#include "limiters/hedging.h"

namespace penstock::proxy {

/// Until when a try that has just been sent may take; limiters::Hedging::kUnknown: there are too few answers to say.
Nanos hedge_wait(const conf::HedgeAfter& after, const limiters::Hedging& hedging);

/// The tries of one request: one that leads, and at most one beside it.
class Race {
 public:
  explicit Race(UpstreamCall& call) : first_(call), second_(call) {}

  /// A new request.
  void restart();

  Attempt& lead() { return *lead_; }
  const Attempt& lead() const { return *lead_; }
  /// Null: there is none.
  Attempt* beside() { return beside_; }
  bool is_beside(const Attempt& attempt) const { return &attempt == beside_; }
  /// The one that is not in use, to be begun beside the lead.
  Attempt& spare() { return lead_ == &first_ ? second_ : first_; }
  void run_beside() { beside_ = &spare(); }
  Attempt& other_than(const Attempt& attempt) { return &attempt == beside_ ? *lead_ : *beside_; }

  /// Of two: it is the request's try from now on, and the other one is dropped. True if it was the one beside.
  bool keep(Attempt& attempt);
  void drop();

 private:
  Attempt first_;
  Attempt second_;
  Attempt* lead_ = &first_;
  Attempt* beside_ = nullptr;  ///< only until there is an answer's head
};

}  // namespace penstock::proxy
