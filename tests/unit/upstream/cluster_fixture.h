// A cluster whose endpoints are scripted by the test, on the test's own loop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/io/listener.h"
#include "gateway/upstream/cluster.h"
#include "gateway/upstream/planner.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::upstream {

/// An endpoint: takes every connection, answers only when it is told to.
class Endpoint {
 public:
  struct Connection final : io::StreamHandler {
    io::StreamPtr stream;
    std::string received;
    bool ended = false;

    void on_bytes(std::string_view bytes) override { received += bytes; }
    void on_eof() override { ended = true; }
    void on_error(int) override { ended = true; }
    void send(std::string_view bytes) { stream->write(bytes); }
  };

  explicit Endpoint(io::Loop& loop)
      : loop_(loop),
        listener_(
            loop, io::SocketAddress::from_ip("127.0.0.1", 0).value(),
            [this](int fd, const io::PeerAddress&) { accept(fd); }, [](int) {}) {}

  discovery::Endpoint entry() const { return {listener_.address().text(), listener_.address(), 1, {}, 0}; }
  Connection& at(std::size_t index) { return *connections_.at(index); }
  std::size_t accepted() const { return connections_.size(); }

 private:
  void accept(int fd) {
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->stream = io::Stream::adopt(loop_, fd, *connections_.back());
  }

  io::Loop& loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
  io::Listener listener_;
};

/// A request on its way: holds the lease, and notes what it is told.
class Attempt final : public RequestStreamHandler {
 public:
  Lease lease;
  std::string told;
  ErrorKind error = ErrorKind::none;
  Failure failure;  ///< why it is over, if it has failed
  bool over = false;
  Nanos first_byte_timeout = 10 * kNanosPerSecond;
  Nanos idle_timeout = 10 * kNanosPerSecond;
  bool keep_lease = true;  ///< after the answer
  bool hesitates = false;  ///< sends nothing once it is connected
  bool pauses = false;     ///< at each piece of the body

  void send() {
    const std::vector<http::Field> host = {{"Host", "h"}};
    lease->set_idle_timeout(idle_timeout);
    lease->send_head({{"GET", "/", {}, false}, {}, host, {}});
    lease->send_end({}, first_byte_timeout);
  }

  void on_ready() override {
    told += "connected ";
    if (!hesitates) send();
  }
  void on_interim(const http::ResponseHead& head) override { told += std::to_string(head.status) + " "; }
  void on_switch(const http::ResponseHead&) override {
    told += "switch ";
    lease->start_tunnel();
  }
  void on_answer_head(const http::ResponseHead& head) override { told += std::to_string(head.status) + " "; }
  void on_answer_body(std::string_view bytes) override {
    told.append(bytes).append(" ");
    if (pauses) lease->pause();
  }
  void on_answer_end(std::span<const http::Field>) override { end("end"); }
  void on_tunnel_end() override { end("tunnel end"); }
  void on_failed(const Failure& what) override {
    failure = what;
    error = what.kind;
    end("failed");
  }
  void on_request_congested() override { told += "congested "; }
  void on_request_drained() override { told += "drained "; }

 private:
  void end(const char* how) {
    told += how;
    over = true;
    if (!keep_lease) lease.reset();
  }
};

inline const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A cluster with the control thread's part played by the test: it says how each endpoint stands.
class ClusterTest : public io::LoopTest {
 protected:
  const std::shared_ptr<conf::Upstream> shared_config = std::make_shared<conf::Upstream>();
  const std::shared_ptr<observe::UpstreamStats> shared_stats = std::make_shared<observe::UpstreamStats>();
  conf::Upstream& config = *shared_config;
  observe::UpstreamStats& stats = *shared_stats;
  std::shared_ptr<Guard> guard;  ///< null: no budget and no breakers
  MakePool pools = make_pool;    ///< what the cluster's are made by
  std::unique_ptr<Cluster> cluster_storage;
  std::map<std::string, health::EndpointRecordPtr> records;
  std::map<std::string, health::Standing> standings;
  std::vector<std::string> reports;  ///< endpoints that the cluster has found failing

  Cluster& cluster() {
    if (!cluster_storage) {
      cluster_storage = std::make_unique<Cluster>(
          loop, shared_config, shared_stats, 0, 0,
          [this](const health::EndpointRecordPtr& record, health::Failure) { reports.push_back(record->id()); }, pools);
    }
    return *cluster_storage;
  }
  void apply(std::vector<discovery::Endpoint> endpoints) {
    discovery::Snapshot snapshot;
    snapshot.version = ++version_;
    snapshot.endpoints = std::move(endpoints);
    const PlanPtr before = plan_;
    const auto place_before = [&](const std::string& id) {
      for (std::uint32_t i = 0; before && i < before->endpoints.size(); ++i)
        if (before->endpoints[i].endpoint.id == id) return i;
      return balancers::kNoMember;
    };
    plan_ = make_plan(
        config, {"", "a secret of the test", guard}, snapshot,
        [&](const discovery::Endpoint& endpoint) {
          return Remembered(record_of(endpoint), nullptr, place_before(endpoint.id));
        },
        before.get());
    cluster().apply(plan_, fitness());
  }
  /// What the standings say, told to the cluster.
  void tell_fitness() { cluster().apply(fitness()); }
  const Plan& plan() const { return *plan_; }

  /// Takes a connection and sends a request on it, as soon as that is possible. False if there is none to be had.
  bool begin(Attempt& attempt, bool fresh = false, std::span<const std::uint32_t> tried = {}) {
    return begin(attempt, Choice{.tried = tried, .fresh = fresh});
  }
  bool begin(Attempt& attempt, const Choice& choice) {
    Refusal refusal;
    attempt.lease = cluster().lease(attempt, http::Method::get, choice, refusal);
    attempt.error = refusal.error;
    if (attempt.lease && attempt.lease->ready()) attempt.send();
    return static_cast<bool>(attempt.lease);
  }
  /// Waits for the request, and answers it.
  void answer(Endpoint& endpoint, std::size_t connection, std::string_view bytes = kAnswer) {
    ASSERT_TRUE(run_until(
        [&] { return endpoint.accepted() > connection && endpoint.at(connection).received.ends_with("\r\n\r\n"); }));
    endpoint.at(connection).received.clear();
    endpoint.at(connection).send(bytes);
  }
  bool wait_for(Attempt& attempt) {
    return run_until([&] { return attempt.over; });
  }
  /// One request from beginning to end.
  void exchange(Endpoint& endpoint, std::size_t connection, std::string_view bytes = kAnswer) {
    Attempt attempt;
    ASSERT_TRUE(begin(attempt));
    answer(endpoint, connection, bytes);
    ASSERT_TRUE(wait_for(attempt));
  }
  bool becomes_idle(std::int64_t connections) {
    return run_until([&] { return stats.connections_idle.value() == connections; });
  }

 private:
  health::EndpointRecordPtr record_of(const discovery::Endpoint& endpoint) {
    health::EndpointRecordPtr& record = records[endpoint.id];
    if (!record) record = std::make_shared<health::EndpointRecord>(endpoint.id, endpoint.address.text(), 1);
    return record;
  }
  FitnessPtr fitness() {
    return make_fitness(*plan_, config.panic_threshold, [this](std::size_t index) -> const health::Standing& {
      return standings[plan_->endpoints[index].endpoint.id];
    });
  }

  std::uint64_t version_ = 0;
  PlanPtr plan_;
};

}  // namespace penstock::upstream
