// The HTTP/1.1 connections of one worker to one endpoint.
#pragma once

#include <memory>
#include <utility>

#include "gateway/io/address.h"
#include "gateway/upstream/h1_connection.h"
#include "gateway/upstream/pool.h"

namespace penstock::upstream {

/// Bounded; idle connections are kept last used first, so that the oldest ones fall idle for good and are closed.
class H1Pool final : public EndpointPool {
 public:
  H1Pool(io::Loop& loop, const conf::Upstream& config, observe::UpstreamStats& stats, const PlannedEndpoint& endpoint,
         unsigned worker);
  ~H1Pool() override;

  /// An idle connection, or else a new one.
  RequestStream* take(RequestStreamHandler& handler, const Wanted& wanted, ErrorKind& error) override;
  void retire() override;

  // ---- for its connections

  /// Keeps it if it can be used again, else closes it.
  void give_back(H1Connection& connection);
  /// Closes an idle connection.
  void discard(H1Connection& connection);
  void connected(Nanos took) { stats_.connect.observe(took); }
  void connect_failed() { stats_.connect_errors.add(); }
  void shook_hands(bool resumed) { (resumed ? stats_.tls_resumed : stats_.tls_handshakes).add(); }
  void sent(std::uint64_t bytes) { stats_.bytes_sent.add(bytes); }
  void received(std::uint64_t bytes) { stats_.bytes_received.add(bytes); }

  io::Loop& loop() { return loop_; }
  const io::SocketAddress& address() const { return address_; }
  const io::TlsTarget& tls() const { return tls_; }
  /// What new connections resume.
  const std::shared_ptr<io::ResumableSession>& session() const { return session_; }
  /// A connection that has begun with a client's PROXY header is that client's alone, and serves one request.
  bool is_for_one_client() const { return config_.proxy_protocol.has_value(); }

 private:
  H1Connection* open(const Wanted& wanted, ErrorKind& error);
  void destroy(H1Connection& connection);

  io::Loop& loop_;
  const conf::Upstream& config_;
  const io::SocketAddress address_;
  const std::shared_ptr<io::ResumableSession> session_;  ///< null without encryption
  IntrusiveList<H1Connection> idle_;
  std::uint64_t idle_count_ = 0;
  bool retired_ = false;
};

}  // namespace penstock::upstream
