// One request and its response, from the parsed head to the log line. Knows no protocol version and no socket.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/base/ip.h"
#include "gateway/base/request_id.h"
#include "gateway/filters/limits/admission.h"
#include "gateway/http/h1_head.h"
#include "gateway/http/message.h"
#include "gateway/proxy/attempt.h"
#include "gateway/proxy/client_stream.h"
#include "gateway/proxy/exchange_states.h"
#include "gateway/proxy/reply.h"
#include "gateway/proxy/route_action.h"
#include "gateway/proxy/view.h"
#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

struct Context;

/// Who sent a request, and through which listener.
struct Client {
  IpAddress ip;
  std::uint64_t max_body = 0;  ///< the listener's
  // As long as the exchange runs.
  std::string_view tls = {};          ///< "TLSv1.3"; empty without encryption
  std::string_view certificate = {};  ///< see RequestContext::client_certificate
};

/// Lent by the context for one exchange at a time; belongs to its thread. The client stream and the head stay as long
/// as the exchange runs. It ends with ClientStream::exchange_done(), or with on_client_gone(); after either it may be
/// lent again.
class Exchange final {
 public:
  Exchange();

  /// Between two uses: no more memory than one at rest may keep.
  void trim();

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
  void on_client_congested();
  void on_client_drained();

  /// The configuration that it began under has been out of force for too long: ends it at once, with a refusal if the
  /// answer has not begun.
  void on_config_replaced();

  bool in_tunnel() const { return tunnel_; }
  /// View::number of the one that it began under. Only while it runs.
  std::uint64_t view_number() const { return view_->number; }

 private:
  // ---- from its attempts: upstream::AttemptHandler
  friend class Attempt;
  void on_connected(Attempt& attempt);
  void on_interim(const http::ResponseHead& head);
  void on_switch(Attempt& attempt, const http::ResponseHead& head);
  void on_answer_head(Attempt& attempt, const http::ResponseHead& head);
  void on_answer_body(std::string_view bytes);
  void on_answer_end(std::span<const http::Field> trailers);
  void on_tunnel_end();
  void on_attempt_failed(Attempt& attempt, ErrorKind kind, const char* detail);
  void on_upstream_congested();
  void on_upstream_drained();

  void begin(Context& context, ClientStream& stream, const Client& client, const http::RequestHead& head,
             bool complete);
  void identify(const Client& client);
  std::string_view scheme() const { return tls_.empty() ? "http" : "https"; }
  void dispatch();
  void proceed();
  void set_deadline();
  void answer_directly(const conf::Route& route);
  void answer_with(const conf::Respond& respond);
  bool answer_methods();
  void forward();
  void choose(bool fresh);
  void send_request();
  void write_request(Attempt& attempt);
  void count_answer(const Attempt& attempt, int status);
  void forget_other_generations();
  upstream::Choice choice(bool fresh);
  void introduce_client();
  void not_leased(const upstream::Refusal& refusal);
  Nanos time_left() const;
  bool too_late_after(Nanos wait) const;
  void keep_for_replay(std::string_view bytes);

  // Trying again: exchange_retry.cc.
  bool stale_connection(const Attempt& attempt, ErrorKind kind) const;
  bool tries_again(ErrorKind kind);
  bool tries_again(const http::ResponseHead& head, bool overload);
  bool connects_elsewhere();
  bool may_repeat(bool sent) const;
  bool backs_off(conf::RetryCause cause, observe::RetryReason reason, bool same_endpoints);
  bool has_other_endpoint(bool same_endpoints);
  void note_tried(const Attempt& attempt);
  const conf::Retry& retry_policy() const;
  std::uint64_t replay_max() const;
  bool listed(conf::RetryCause cause) const;
  Nanos draw_backoff(const conf::Retry& policy);
  Nanos head_timeout() const;
  void fire_backoff();
  std::uint32_t stuck_to() const;
  void stick();

  // exchange_hedge.cc
  Nanos hedge_wait() const;
  void plan_hedge();
  bool may_hedge();
  void fire_hedge();
  void send_hedge();
  void keep(Attempt& attempt);
  void go_on_without(Attempt& failed);
  bool comes_first(Attempt& attempt, int status, bool overload);
  void fails_beside_another(Attempt& attempt, ErrorKind kind);
  void give_up(Attempt& attempt);
  void drop_attempts();

  // exchange_limits.cc
  conf::Priority request_class() const;
  void pass_limits();
  void refuse_by_limit(const filters::Ruling& ruling);
  void told_in_line(bool has_place);
  void fire_turn();
  void leave_limits();
  void add_limit_fields();

  // exchange_fallback.cc
  void degrade_by_hand();
  void degrade(const conf::Fallback& fallback, ErrorKind why, observe::DegradeReason reason);
  bool degrades(ErrorKind why);
  bool can_go_elsewhere() const;
  void go_elsewhere(std::uint32_t upstream);

  void answer(Reply reply, std::string_view field_name = {}, std::string_view field_value = {});
  void send_answer();
  void fail(ErrorKind kind, std::string_view detail);
  void complete();
  void finish();
  void record();
  void fire_total();

  // Constant during an exchange.
  Context* context_ = nullptr;
  ClientStream* client_ = nullptr;
  const http::RequestHead* head_ = nullptr;
  ViewRef view_;  ///< the one that it began under
  RouteAction action_;
  std::uint32_t route_index_ = 0;
  std::uint64_t max_body_ = 0;
  bool peer_trusted_ = false;
  std::string_view tls_;                 ///< Client::tls
  std::string_view client_certificate_;  ///< Client::certificate
  std::string_view request_id_;
  IpAddress client_address_;  ///< the real client's
  std::string_view client_ip_;
  std::string_view peer_ip_;
  Nanos started_ = 0;
  std::uint64_t started_unix_ms_ = 0;

  // Where it stands.
  Tracked<RequestState> request_{RequestState::head};
  Tracked<ResponseState> response_{ResponseState::waiting};
  bool request_complete_ = false;
  bool tunnel_ = false;
  bool client_ended_ = false;    ///< in a tunnel
  bool upstream_ended_ = false;  ///< in a tunnel
  ErrorKind error_ = ErrorKind::none;
  ErrorKind degraded_ = ErrorKind::none;  ///< why the route's fallback was taken
  int status_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  Deadline total_;
  Nanos due_ = 0;                ///< when total_ fires; 0: not set yet
  bool bounds_body_ = false;     ///< total_ counts to the last byte of the answer
  bool tells_deadline_ = false;  ///< endpoints are told what is left of it

  // Limits.
  filters::Admission admission_;
  Nanos passed_at_ = 0;
  bool in_queue_ = false;  ///< a limit has told it to wait
  Deadline turn_;
  std::array<std::string, 3> limit_texts_;

  // Trying.
  upstream::Cluster* cluster_ = nullptr;
  Attempt first_{*this};
  Attempt second_{*this};
  Attempt* attempt_ = &first_;    ///< the try, or the older one of two
  Attempt* hedge_ = nullptr;      ///< the other one; only until there is an answer's head
  std::uint64_t key_ = 0;         ///< balancers::Pick::key
  std::string set_cookie_;        ///< a cookie for this answer
  std::string proxy_header_;      ///< for connections to an upstream with proxy_protocol
  std::uint64_t generation_ = 0;  ///< of the cluster: what the indices in tried_ mean
  std::array<std::uint32_t, conf::kMostAttempts> tried_{};
  std::uint8_t tried_count_ = 0;
  std::uint8_t tries_ = 0;
  std::uint8_t retries_ = 0;  ///< of tries_, those that failed requests were given: not for stale connections
  bool stale_retried_ = false;
  bool repeatable_ = false;  ///< may be sent twice, by its method or key
  bool replayable_ = true;   ///< whatever has come of the body is in replay_
  bool mid_chunk_ = false;   ///< the body so far ends within a chunk
  std::string replay_;       ///< the body so far, while it may have to be sent again
  Deadline backoff_;
  Deadline hedge_due_;
  bool hedged_ = false;  ///< once a request

  // An answer of our own that waits for the request's end.
  Reply reply_;
  std::string reply_field_name_;
  std::string reply_field_value_;

  std::array<char, kMaxForeignRequestId> id_text_;
  std::array<char, IpAddress::kMaxText> client_ip_text_;
  std::array<char, IpAddress::kMaxText> peer_ip_text_;
};

}  // namespace penstock::proxy
