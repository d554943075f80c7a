// One request and its response, from the parsed head to the log line. Knows no protocol version, no socket and no
// endpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/filters/chain.h"
#include "gateway/http/h1_head.h"
#include "gateway/http/message.h"
#include "gateway/http/reply.h"
#include "gateway/proxy/call/upstream_call.h"
#include "gateway/proxy/client_stream.h"
#include "gateway/proxy/exchange_states.h"
#include "gateway/proxy/identity.h"
#include "gateway/proxy/route_action.h"
#include "gateway/proxy/view.h"
#include "gateway/routing/route_table.h"

namespace penstock::proxy {

struct Context;

/// Lent by the context for one exchange at a time; belongs to its thread. The client stream and the head stay as long
/// as the exchange runs. It ends with ClientStream::exchange_done(), or with on_client_gone(); after either it may be
/// lent again.
class Exchange final : private CallOwner, private filters::Waker {
 public:
  Exchange();

  /// Between two uses: no more memory than one at rest may keep.
  void trim() { body_.trim(); }

  /// `complete`: the request has no body (left). May answer before it returns.
  void start(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
             bool complete);
  /// Answers a request that could not even be read; `to_head`: as far as it could, it was a HEAD.
  void refuse(Context& context, ClientStream& stream, const Client& client, const http::HeadError& error, bool to_head);

  // ---- from the client's stream
  void on_request_body(std::string_view bytes, const http::ChunkPlace& chunk = {});
  void on_request_end(std::span<const http::Field> trailers);
  /// The rest of the request is malformed, too large or too late.
  void on_request_error(const http::HeadError& error);
  /// The client has left: ends the exchange, without exchange_done().
  void on_client_gone(ErrorKind why);
  /// In a tunnel: the client will send no more.
  void on_client_end();
  void on_client_congested() { call_.pause(); }
  void on_client_drained() { call_.resume(); }

  /// The configuration that it began under has been out of force for too long: ends it at once, with a refusal if the
  /// answer has not begun.
  void on_config_replaced();

  /// View::number of the one that it began under. Only while it runs.
  std::uint64_t view_number() const { return view_->number; }

 private:
  // ---- CallOwner
  void on_interim(const http::ResponseHead& head) override;
  void on_switch(const http::ResponseHead& head) override;
  void on_answer_head(const http::ResponseHead& head, std::string_view set_cookie) override;
  void on_answer_body(std::string_view bytes) override;
  void on_answer_end(std::span<const http::Field> trailers) override;
  void on_tunnel_end() override;
  void on_call_failed(const CallFailure& failure) override;
  http::OutgoingRequest compose(std::string_view endpoint, Nanos time_left) override;
  std::optional<ProxiedConnection> introduction() const override;
  bool crowded() const override { return chain_.crowded(); }
  void pause_request() override;
  void resume_request() override { client_->resume_request(); }
  void on_illegal_move() override;
  // ---- filters::Waker
  void wake() override;

  // ---- what it is doing; each has what is valid only then. In the order of Doing.
  struct Arriving {};
  struct Filtering {
    explicit Filtering(Exchange& exchange);
    Deadline patience;
  };
  struct Calling {};
  struct Discarding {};
  struct Tunnel {
    bool client_ended = false;
    bool upstream_ended = false;
  };
  struct Over {};
  using State = std::variant<Arriving, Filtering, Calling, Discarding, Tunnel, Over>;

  /// An answer of our own waits for the rest of a request that is no longer than this, so that the connection can go
  /// on.
  static constexpr std::uint64_t kDiscardMax = 64 << 10;

  /// One request. Made anew for each.
  struct Course {
    std::uint32_t route = routing::kNoRoute;
    RouteAction action{};
    std::uint64_t max_body = 0;
    Nanos started = 0;
    std::uint64_t started_unix_ms = 0;
    bool request_complete = false;
    Tracked<ResponseState> response{ResponseState::waiting};
    ErrorKind error = ErrorKind::none;
    ErrorKind degraded = ErrorKind::none;  ///< why the route's fallback was taken
    int status = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    Nanos due = 0;                ///< when the answer is; 0: not set yet
    bool clients_bound = false;   ///< that is what the client has asked for
    bool bounds_body = false;     ///< that counts to the last byte of the answer
    bool tells_deadline = false;  ///< endpoints are told what is left
  };

  Doing doing() const { return static_cast<Doing>(state_.index()); }
  /// A move that the table does not have is a bug of ours.
  template <class To, class... Arguments>
  To& enter(Arguments&&... arguments) {
    const Doing from = doing();
    To& state = state_.emplace<To>(std::forward<Arguments>(arguments)...);
    if (!may_follow(from, doing())) on_illegal_move();
    return state;
  }
  void follow(ResponseState to);

  void begin(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
             bool complete);
  void dispatch();
  filters::Scope scope();
  void heed(const filters::Verdict& verdict);
  void out_of_patience();
  void proceed();
  void set_deadline();
  void forward();
  bool degrades(ErrorKind why);
  void answer(http::Reply reply);
  void send_answer();
  void fail(ErrorKind kind, std::string_view detail, std::optional<int> retry_after_s = {});
  void leave_filters();
  void finish();
  void record();
  void out_of_time();

  // As long as it runs.
  Context* context_ = nullptr;
  ClientStream* client_ = nullptr;
  const http::RequestHead* head_ = nullptr;
  ViewRef view_;  ///< the one that it began under
  Identity identity_;
  Course course_;
  State state_;
  Deadline total_;

  // Used again, with what memory they have.
  filters::ChainRun chain_;
  ReplayBody body_;
  UpstreamCall call_;
  http::Reply reply_;  ///< an answer of our own, which may have to wait for the request's end
};

}  // namespace penstock::proxy
