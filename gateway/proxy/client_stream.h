// What an exchange may do with the client that it serves. One stream is one request and its response: HTTP/1.1 has one
// at a time on a connection, HTTP/2 many.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "gateway/base/proxy_header.h"
#include "gateway/http/outgoing.h"

namespace penstock::proxy {

class ClientStream {
 public:
  virtual void send_interim(const http::OutgoingResponse& response) = 0;
  /// Once; with `last_on_connection` no further request is taken from the client.
  virtual void send_head(const http::OutgoingResponse& response, bool last_on_connection) = 0;
  virtual void send_body(std::string_view bytes) = 0;
  virtual void send_end(std::span<const http::Field> trailers) = 0;
  /// The response can't be completed: whatever the client has got so far must not look whole.
  virtual void abort() = 0;
  /// 101: from now on bytes pass as they are.
  virtual void start_tunnel() = 0;
  /// In a tunnel: nothing more will be sent.
  virtual void finish_tunnel() = 0;

  /// No more on_request_body until resume_request(). The second may call on_request_body before it returns.
  virtual void pause_request() = 0;
  virtual void resume_request() = 0;
  /// The client doesn't take what is sent fast enough: pause the source until Exchange::on_client_drained().
  virtual bool congested() const = 0;

  /// Of the client's connection, as a PROXY header has told them, if one has. Nothing on a Unix socket.
  virtual std::optional<ProxiedConnection> addresses() const = 0;

  /// The exchange is over, the last call. The stream may start the next one in the same object before it returns.
  virtual void exchange_done() = 0;

 protected:
  ~ClientStream() = default;
};

}  // namespace penstock::proxy
