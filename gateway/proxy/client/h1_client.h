// A client's connection: HTTP/1.1 in the server's role, one exchange at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/proxy_header.h"
#include "gateway/base/slab.h"
#include "gateway/http/h1_codec.h"
#include "gateway/io/address.h"
#include "gateway/io/loop.h"
#include "gateway/io/stream.h"
#include "gateway/proxy/client/listener_context.h"
#include "gateway/proxy/client_connection.h"
#include "gateway/proxy/client_stream.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/exchange.h"

namespace penstock::proxy {

/// While it is idle it holds neither parser nor exchange nor buffer.
class H1Client final : public ClientConnection, private io::StreamHandler, private ClientStream {
 public:
  static void accept(Context& context, ListenerContextPtr listener, int fd, const io::PeerAddress& peer);
  H1Client(Context& context, ListenerContextPtr listener, const io::PeerAddress& peer);
  ~H1Client() override;

  // ---- ClientConnection
  bool idle() const override { return !exchange_ && !parser_ && !closing_; }
  bool fresh() const override { return requests_ == 0; }
  void close_gracefully() override;
  void close(ErrorKind why) override;
  void end_exchanges_of(std::uint64_t view_number) override;
  const std::shared_ptr<bool>& listener_closing() const override { return listener_->closing; }

 private:
  enum class Wait : std::uint8_t { proxy_header, handshake, idle, header, body, write, linger };

  // ---- io::StreamHandler
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_error(int error) override;
  void on_congested() override;
  void on_drained() override;

  // ---- ClientStream
  void send_interim(const http::OutgoingResponse& response) override;
  void send_head(const http::OutgoingResponse& response, bool last_on_connection) override;
  void send_body(std::string_view bytes) override;
  void send_end(std::span<const http::Field> trailers) override;
  void abort() override;
  void start_tunnel() override;
  void finish_tunnel() override;
  void pause_request() override;
  void resume_request() override;
  bool congested() const override { return stream_->congested(); }
  std::optional<ProxiedConnection> addresses() const override;
  void exchange_done() override;

  // downstream_arrival.cc
  void arrive(bool introduced);
  void begin(std::string_view received);
  bool read_proxy_header(std::string_view& in);
  void no_proxy_header(observe::ProxyHeaderFailure why);
  void handshake_failed();

  void process(std::string_view in);
  bool step(std::string_view& in);
  bool blocked() const;
  void stash(std::string_view in);
  void unstash();
  void begin_exchange(std::string_view& in);
  void refuse(const http::HeadError& error);
  void rest();
  void wait_for(Wait what, conf::milliseconds time);
  void stop_waiting();
  void timed_out();
  void write_head(const http::OutgoingResponse& response, const http::Framing& framing, std::string_view connection);
  Client client() const;

  Context& context_;
  const ListenerContextPtr listener_;
  ConnectionPlace place_;
  io::StreamPtr stream_;
  IpAddress ip_;  ///< the client's, also if a PROXY header tells it
  Deadline deadline_;
  Recycler<http::H1RequestParser>::Handle parser_;
  Recycler<Exchange>::Handle exchange_;
  std::unique_ptr<std::string> stash_;               ///< received, but its turn has not come
  std::unique_ptr<ProxyHeaderReader> proxy_header_;  ///< null: none is expected
  std::unique_ptr<std::string> certificate_;  ///< the client's, as upstreams are told of it; null: it has shown none
  std::uint64_t write_mark_ = 0;              ///< how far the client had read when the wait for it began
  std::uint32_t requests_ = 0;
  std::uint16_t port_;  ///< the client's
  Wait wait_ = Wait::idle;
  bool processing_ : 1 = false;
  bool request_done_ : 1 = false;  ///< the current request has been read whole
  bool paused_ : 1 = false;        ///< by the exchange
  bool keep_alive_ : 1 = false;    ///< after the current exchange
  bool chunked_ : 1 = false;       ///< the current response
  bool tunnel_ : 1 = false;
  bool aborted_ : 1 = false;
  bool closing_ : 1 = false;
};

}  // namespace penstock::proxy
