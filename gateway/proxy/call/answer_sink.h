// Who has an upstream called: it is asked what to send, and told what comes of it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/base/proxy_header.h"
#include "gateway/http/outgoing.h"

namespace penstock::proxy {

/// Why a call has come to nothing.
struct CallFailure {
  ErrorKind kind = ErrorKind::none;
  const char* detail = "";  ///< a literal
  Nanos retry_after = 0;    ///< how long it makes no sense to ask again; 0: nobody knows
};

/// What a call tells. Any of these may drop the call. After on_call_failed and on_answer_end nothing more comes.
class AnswerSink {
 public:
  /// 1xx other than 101. Any number of times, before the answer's head.
  virtual void on_interim(const http::ResponseHead& head) = 0;
  /// 101, to what was asked for: bytes pass as they are from here on. Once, instead of an answer's head.
  virtual void on_switch(const http::ResponseHead& head) = 0;
  /// Once. `set_cookie`: a field's value that goes with it; empty: none. Both valid during the call.
  virtual void on_answer_head(const http::ResponseHead& head, std::string_view set_cookie) = 0;
  /// Also a tunnel's bytes. Valid during the call.
  virtual void on_answer_body(std::string_view bytes) = 0;
  virtual void on_answer_end(std::span<const http::Field> trailers) = 0;
  /// In a tunnel: the endpoint will send no more.
  virtual void on_tunnel_end() = 0;
  /// There will be no (more of the) answer: nobody could be asked, or the last try has failed.
  virtual void on_call_failed(const CallFailure& failure) = 0;

 protected:
  ~AnswerSink() = default;
};

/// What a call is asked for. Nothing here may drop the call but resume_request().
class RequestSource {
 public:
  /// The head for an endpoint ("10.0.0.1:80"), once for each try. `time_left`: until the answer is due; 0: unknown.
  /// Valid until the source is asked for anything else, or told.
  virtual http::OutgoingRequest compose(std::string_view endpoint, Nanos time_left) = 0;
  /// Whom it serves, for upstreams that are told by a PROXY header.
  virtual std::optional<ProxiedConnection> introduction() const = 0;
  /// Nothing is to be done beside what must be done: no hedges.
  virtual bool crowded() const = 0;
  /// No more of the body until resume_request(); that may hand on some of it before it returns.
  virtual void pause_request() = 0;
  virtual void resume_request() = 0;
  /// The call has gone where its table of states has no way: a bug of ours. To be ended, but not before this returns.
  virtual void on_illegal_move() = 0;

 protected:
  ~RequestSource() = default;
};

class CallOwner : public AnswerSink, public RequestSource {
 protected:
  ~CallOwner() = default;
};

}  // namespace penstock::proxy
