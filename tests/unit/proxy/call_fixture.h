// A call whose endpoints are scripted: its streams say and do what the test tells them, without a socket.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/proxy/call/upstream_call.h"
#include "tests/unit/upstream/cluster_fixture.h"

namespace penstock::proxy {

/// What one try has sent, and how the test answers it.
class ScriptedStream final : public upstream::RequestStream {
 public:
  ScriptedStream(upstream::RequestStreamHandler& teller, std::string endpoint_id, bool is_fresh)
      : handler(&teller), endpoint(std::move(endpoint_id)), fresh(is_fresh) {}

  // ---- what the test sets
  bool is_ready = true;
  bool is_reused = false;
  bool is_sent = false;
  bool is_congested = false;

  // ---- what it sees
  upstream::RequestStreamHandler* handler;
  const std::string endpoint;
  const bool fresh;       ///< a new connection was asked for
  std::string got;        ///< "head ab end"
  bool released = false;  ///< given back
  bool paused = false;

  // ---- what it does
  void becomes_ready() {
    is_ready = true;
    handler->on_ready();
  }
  void answers(int status, std::vector<http::Field> fields = {}) {
    head_.status = status;
    head_.body = http::BodyKind::length;
    head_.fields = std::move(fields);
    handler->on_answer_head(head_);
  }
  void says(std::string_view body) { handler->on_answer_body(body); }
  void ends() { handler->on_answer_end({}); }
  void hints(int status) {
    head_.status = status;
    handler->on_interim(head_);
  }
  void switches(std::string_view protocol) {
    head_.status = 101;
    head_.wants_upgrade = true;
    head_.fields = {{"Upgrade", protocol, http::FieldId::upgrade}};
    handler->on_switch(head_);
  }
  void fails(ErrorKind kind, upstream::Failure::Stage stage, bool refused = false) {
    handler->on_failed({kind, "as scripted", stage, is_sent, is_reused, refused});
  }
  void lacks_a_port() { handler->on_failed({.kind = ErrorKind::connect_failed, .gateways_want = true}); }

  // ---- RequestStream
  bool ready() const override { return is_ready; }
  bool reused() const override { return is_reused; }
  bool sent() const override { return is_sent; }
  void send_head(const http::OutgoingRequest&) override { got += "head "; }
  void send_body(std::string_view bytes, const http::ChunkPlace&) override { got.append(bytes).append(" "); }
  void send_end(std::span<const http::Field>, Nanos) override { got += "end"; }
  void set_idle_timeout(Nanos) override {}
  bool congested() const override { return is_congested; }
  void pause() override { paused = true; }
  void resume() override { paused = false; }
  void start_tunnel() override { got += " tunnel"; }
  void finish_tunnel() override { got += " finish"; }
  void release() override;

 private:
  friend class ScriptedPool;
  class ScriptedPool* home_ = nullptr;
  http::ResponseHead head_;
};

class ScriptedPool final : public upstream::EndpointPool {
 public:
  using Streams = std::vector<std::unique_ptr<ScriptedStream>>;
  /// `prepare`: told of each new stream before it is used.
  ScriptedPool(const upstream::PlannedEndpoint& endpoint, observe::UpstreamStats& stats, Streams& streams,
               std::function<void(ScriptedStream&)> prepare)
      : EndpointPool(endpoint, stats, 0), streams_(streams), prepare_(std::move(prepare)) {}

  upstream::RequestStream* take(upstream::RequestStreamHandler& handler, const upstream::Wanted& wanted,
                                ErrorKind&) override {
    lent();
    streams_.push_back(std::make_unique<ScriptedStream>(handler, record()->id(), wanted.fresh));
    streams_.back()->home_ = this;
    prepare_(*streams_.back());
    return streams_.back().get();
  }
  void retire() override {}
  void took_back() { given_back(); }

 private:
  Streams& streams_;
  const std::function<void(ScriptedStream&)> prepare_;
};

inline void ScriptedStream::release() {
  released = true;
  home_->took_back();
}

/// Notes what it is told, in words.
class ScriptedOwner final : public CallOwner {
 public:
  std::string told;
  ErrorKind error = ErrorKind::none;
  bool is_crowded = false;
  bool paused = false;
  int illegal_moves = 0;
  std::string cookie;

  void on_interim(const http::ResponseHead& head) override { told += std::to_string(head.status) + " "; }
  void on_switch(const http::ResponseHead&) override { told += "switch "; }
  void on_answer_head(const http::ResponseHead& head, std::string_view set_cookie) override {
    told += std::to_string(head.status) + " ";
    cookie = set_cookie;
  }
  void on_answer_body(std::string_view bytes) override { told.append(bytes).append(" "); }
  void on_answer_end(std::span<const http::Field>) override { told += "end"; }
  void on_tunnel_end() override { told += "tunnel end"; }
  void on_call_failed(const CallFailure& failure) override {
    error = failure.kind;
    told += "failed";
  }
  http::OutgoingRequest compose(std::string_view, Nanos) override { return {}; }
  std::optional<ProxiedConnection> introduction() const override { return std::nullopt; }
  bool crowded() const override { return is_crowded; }
  void pause_request() override { paused = true; }
  void resume_request() override { paused = false; }
  void on_illegal_move() override { ++illegal_moves; }
};

class CallTest : public upstream::ClusterTest {
 protected:
  using Stage = upstream::Failure::Stage;
  ScriptedPool::Streams streams;  ///< in the order in which they were taken
  std::function<void(ScriptedStream&)> each_stream = [](ScriptedStream&) {};
  ScriptedOwner owner;
  UpstreamCall call{owner};
  Random random{1};
  http::RequestHead head;
  ReplayBody body;
  CallPolicy policy;
  conf::Retry retry;

  void SetUp() override {
    pools = [this](io::Loop&, const conf::Upstream&, observe::UpstreamStats& counters,
                   const upstream::PlannedEndpoint& endpoint, unsigned) {
      return std::make_unique<ScriptedPool>(endpoint, counters, streams, [this](ScriptedStream& s) { each_stream(s); });
    };
    head.method = http::Method::get;
    retry.backoff = retry.max_backoff = conf::milliseconds(0);
    endpoints(3);
  }
  void TearDown() override {
    call.drop();
    EXPECT_EQ(owner.illegal_moves, 0);
    EXPECT_EQ(stats.in_flight.value(), 0) << "a stream was not given back";
  }

  void endpoints(std::size_t count) {
    std::vector<discovery::Endpoint> list;
    for (std::size_t i = 0; i < count; ++i) {
      const auto port = static_cast<std::uint16_t>(1000 + i);
      list.push_back(
          {std::string(1, static_cast<char>('a' + i)), *io::SocketAddress::from_ip("127.0.0.1", port), 1, {}});
    }
    apply(std::move(list));
  }
  void use_policy() { policy.retry = &retry, policy.resends = true; }
  void begin(bool complete = true) {
    policy.due = loop.now() + 10 * kNanosPerSecond;
    body.restart();
    call.restart();
    call.begin(loop, random, cluster(), {&head, &body, {}, false, complete}, policy);
  }
  ScriptedStream& stream(std::size_t index) { return *streams.at(index); }
  /// A backoff or a hedge's time is over, and there is one stream more.
  bool another_stream() {
    const std::size_t before = streams.size();
    return run_until([&] { return streams.size() > before; });
  }
  std::uint64_t retries(observe::RetryReason reason) { return stats.retries[static_cast<std::size_t>(reason)].value(); }
};

}  // namespace penstock::proxy
