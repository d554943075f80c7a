// One request to one upstream: chooses an endpoint, sends, tries again, hedges, and passes on the answer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/base/ip.h"
#include "gateway/base/random.h"
#include "gateway/http/message.h"
#include "gateway/io/loop.h"
#include "gateway/proxy/call/answer_sink.h"
#include "gateway/proxy/call/attempt.h"
#include "gateway/proxy/call/call_states.h"
#include "gateway/proxy/call/hedge.h"
#include "gateway/proxy/call/replay_body.h"
#include "gateway/proxy/call/retry.h"
#include "gateway/proxy/call/tried_endpoints.h"
#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

/// What is asked. All of it stays as long as the call runs.
struct CallRequest {
  const http::RequestHead* head = nullptr;
  ReplayBody* body = nullptr;  ///< what has come of it so far, and is to be sent
  IpAddress client;            ///< for balancers that keep a client at its endpoint
  bool upgrades = false;       ///< it asks for a tunnel
  bool complete = false;       ///< nothing more comes of it
};

/// How it is asked. All of it stays as long as the call runs.
struct CallPolicy {
  Nanos first_byte = 0;                ///< request sent to the answer's head
  Nanos idle = 0;                      ///< between two reads or writes of a body
  Nanos due = 0;                       ///< Loop::now() at which nobody waits for the answer any more
  const conf::Retry* retry = nullptr;  ///< null: none is written
  bool resends = false;                ///< the body is kept, to be sent again by the policy or by a fallback
};

/// Belongs to its owner's thread; lent with it, and used for one request after another.
class UpstreamCall final {
 public:
  explicit UpstreamCall(CallOwner& owner) : owner_(owner), race_(*this) {}

  /// A new request, of which nothing has been asked yet. The call is idle.
  void restart();
  /// May tell the owner before it returns. Of an upstream that was asked before in vain, the call has been dropped.
  void begin(io::Loop& loop, Random& random, upstream::Cluster& cluster, const CallRequest& request,
             const CallPolicy& policy);

  // ---- the rest of the request; also a tunnel's bytes
  void send_body(std::string_view bytes, const http::ChunkPlace& chunk);
  void send_end(std::span<const http::Field> trailers);
  /// In a tunnel: the client will send no more.
  void finish_tunnel() { race_.lead().stream().finish_tunnel(); }

  /// The owner takes no more of the answer for now / takes more again, which may tell it some before it returns.
  void pause();
  void resume();

  /// Nobody waits for the answer any more: what there is to learn from that is learned. `clients_bound`: the time that
  /// is over is one that the client chose. drop() is to follow.
  void abandon(ErrorKind why, bool clients_bound = false);
  /// Ends it. The owner is told nothing more.
  void drop();

  // ---- for the owner
  /// That is, or was last, asked; null: none yet.
  const upstream::Cluster* cluster() const { return run_.cluster; }
  /// Whether the whole request is still there, and may be sent to another upstream.
  bool may_move() const;
  /// Of the try that led, also when it is over.
  const Attempt& lead() const { return race_.lead(); }
  /// At all upstreams that were asked.
  std::uint8_t tries() const { return tries_; }

 private:
  // ---- from its attempts
  friend class Attempt;
  void on_ready(Attempt& attempt);
  void on_interim(const http::ResponseHead& head);
  void on_switch(Attempt& attempt, const http::ResponseHead& head);
  void on_answer_head(Attempt& attempt, const http::ResponseHead& head);
  void on_answer_body(std::string_view bytes);
  void on_answer_end(std::span<const http::Field> trailers);
  void on_tunnel_end() { owner_.on_tunnel_end(); }
  void on_failed(Attempt& attempt, const upstream::Failure& failure);
  void on_congested();
  void on_drained();

  // ---- what it is doing; each has what is valid only then
  struct Idle {
    static constexpr CallState kState = CallState::idle;
  };
  struct Choosing {
    static constexpr CallState kState = CallState::choosing;
  };
  struct Connecting {
    static constexpr CallState kState = CallState::connecting;
  };
  struct Sending {
    static constexpr CallState kState = CallState::sending;
  };
  struct Sent {
    static constexpr CallState kState = CallState::sent;
    explicit Sent(UpstreamCall& call);
    Deadline hedge_due;
  };
  struct BackingOff {
    static constexpr CallState kState = CallState::backing_off;
    explicit BackingOff(UpstreamCall& call);
    Deadline over;
  };
  struct Tunnel {
    static constexpr CallState kState = CallState::tunnel;
  };
  using State = std::variant<Idle, Choosing, Connecting, Sending, Sent, BackingOff, Tunnel>;

  /// One request at one upstream. Made anew by begin().
  struct Run {
    io::Loop* loop = nullptr;
    Random* random = nullptr;
    upstream::Cluster* cluster = nullptr;
    CallRequest request;
    CallPolicy policy;
    std::uint64_t key = 0;  ///< balancers::Pick::key
    TriedEndpoints tried{};
    std::uint8_t retries = 0;  ///< of the tries, those that failed ones were given: not for stale connections
    bool stale_retried = false;
    bool repeatable = false;  ///< may be sent twice, by its method or key
    int status = 0;           ///< of the answer that is passed on; 0: none yet
  };

  CallState state() const { return static_cast<CallState>(state_.index()); }
  /// A move that the table does not have is a bug of ours, of which the owner is told.
  template <class To, class... Arguments>
  To& enter(Arguments&&... arguments) {
    if (!may_follow(state(), To::kState)) owner_.on_illegal_move();
    return state_.emplace<To>(std::forward<Arguments>(arguments)...);
  }

  Nanos now() const { return run_.loop->now(); }
  Nanos time_left() const;
  void choose(bool fresh);
  upstream::Choice choice(bool fresh);
  void send_request();
  void write_request(Attempt& attempt);
  Nanos head_timeout() const;
  void count_answer(const Attempt& attempt, int status);

  Tried tried_with(const Attempt& attempt) const;
  Nanos draw_backoff();
  bool goes_on(Attempt& attempt, const Next& next);
  void back_off(const Next& next);
  void fire_backoff();

  void plan_hedge(Sent& sent);
  bool may_hedge();
  void fire_hedge();
  void send_hedge();
  void go_on_without(Attempt& failed);
  bool comes_first(Attempt& attempt, int status, bool overload);
  void give_up(Attempt& attempt);

  CallOwner& owner_;
  Run run_;
  State state_;
  Race race_;
  std::uint8_t tries_ = 0;
  bool hedged_ = false;       ///< once a request
  std::string set_cookie_;    ///< for this answer
  std::string proxy_header_;  ///< for connections to an upstream with proxy_protocol
};

}  // namespace penstock::proxy
