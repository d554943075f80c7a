// What may judge, hold up, change or answer a request on its route, and what may change its answer.
//
// A filter is made once for a route and shared by all workers: it is immutable. What it needs for one request is its
// state, which lies in a block of the exchange's (filters/state_block.h) and is handed to each call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/base/ip.h"
#include "gateway/filters/state_block.h"
#include "gateway/http/outgoing.h"
#include "gateway/http/reply.h"

namespace penstock::filters {

/// What filters know of a request. Valid during the call.
struct Scope {
  const http::RequestHead& head;
  const IpAddress& client;  ///< the real one
  std::string_view client_ip;
  std::string_view request_id;
  std::string_view scheme;  ///< of the client's connection: http, https
  conf::Priority priority = conf::Priority::normal;
  std::uint32_t cost = 1;  ///< at token buckets
  unsigned worker = 0;
  Nanos now = 0;  ///< Loop::now()
  std::uint64_t unix_ms = 0;
  http::Reply& reply;  ///< for Verdict::answer: filled in by the filter, in place of whatever it holds
};

/// What becomes of the request.
struct Verdict {
  enum class Step : std::uint8_t {
    go_on,   ///< to the next filter, and in the end to whoever answers
    answer,  ///< with Scope::reply, or with what stands for `error`
    wait,    ///< resume() is called when somebody has woken it, or after `within`
  };

  Step step = Step::go_on;
  ErrorKind error = ErrorKind::none;  ///< of a refusal; `none`: Scope::reply is the answer
  std::string_view detail = {};       ///< of a refusal: which rule it was. Stays as long as the filter
  int retry_after_s = 0;              ///< of a refusal; 0: nobody knows
  Nanos within = 0;                   ///< of a wait: at the longest

  static Verdict go_on() { return {}; }
  static Verdict answer() { return {.step = Step::answer}; }
  static Verdict refuse(ErrorKind error, std::string_view detail, int retry_after_s) {
    return {Step::answer, error, detail, retry_after_s, 0};
  }
  static Verdict wait(Nanos within) { return {.step = Step::wait, .within = within}; }
};

/// How a request has ended, or why it goes another way.
struct Outcome {
  Nanos now = 0;
  ErrorKind error = ErrorKind::none;
  int status = 0;              ///< 0: none was sent
  bool clients_bound = false;  ///< with total_timeout: it was the client that set that time
  bool of_upstream = false;    ///< an upstream was asked, and not for a tunnel
};

/// Any thread, unless it is said otherwise. `state` is the filter's own for this request, or null if it has none.
class Filter {
 public:
  virtual ~Filter() = default;

  /// What a state is; null: it needs none. The same for all filters of a kind.
  virtual const StateKind* state_kind() const { return nullptr; }
  /// A new request: the state, which may be that of a request before, is made like new. Before all else.
  virtual void start(const Scope& scope, void* state) const;

  // ---- the request's way in
  /// Its head is there. Once.
  virtual Verdict on_request(const Scope& scope, void* state) const;
  /// After Verdict::wait. `woken`: by Waker::wake(); else the time is over.
  virtual Verdict resume(const Scope& scope, void* state, bool woken) const;
  /// It goes to the route's fallback instead; leave() has been called.
  virtual Verdict on_fallback(const Scope& scope, void* state) const;
  /// A piece of its body → what is passed on instead, valid until the next call. `last`: nothing follows, and the piece
  /// may be empty. Only with changes_request_body().
  virtual std::string_view on_request_body(const Scope& scope, void* state, std::string_view piece, bool last) const;
  /// The head for an endpoint, once for each try. `fields` are those of `request`: what is changed there is sent.
  virtual void on_forward(const Scope& scope, void* state, http::OutgoingRequest& request,
                          http::FieldSet& fields) const;

  // ---- the answer's way out, in the opposite order
  /// Its head, an upstream's or our own, which may have come before on_request. Not interim ones.
  virtual void on_response(const Scope& scope, void* state, http::OutgoingResponse& response,
                           http::FieldSet& fields) const;
  /// As on_request_body. Only with changes_response_body().
  virtual std::string_view on_response_body(const Scope& scope, void* state, std::string_view piece, bool last) const;

  /// The request is over, or goes another way: what is held is given back. Twice is once.
  virtual void leave(void* state, const Outcome& outcome) const;

  /// What it holds says that there is more to do than can be done: nothing is done beside what must be done.
  virtual bool crowded(const void* state) const;

  virtual bool changes_request_body() const { return false; }
  virtual bool changes_response_body() const { return false; }
};

}  // namespace penstock::filters
