// A client of the gateway: a raw TCP connection that can also speak and read HTTP.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/connection.h"
#include "tests/support/message.h"

namespace penstock::e2e {

class Gateway;

/// Closing it (or letting it go) closes the socket.
class Client : public Connection {
 public:
  explicit Client(std::uint16_t port) : Client(SocketAddress::ipv4(port)) {}
  explicit Client(const Gateway& gateway);
  /// receive_buffer: SO_RCVBUF in bytes, 0 = the system's choice.
  explicit Client(const SocketAddress& address, int receive_buffer = 0)
      : Connection(connect_to(address, receive_buffer)) {}
  /// On a socket that is connected already.
  explicit Client(Fd fd) : Connection(std::move(fd)) {}

  /// The next final answer, with the 1xx ones before it in `interim`.
  Message response() { return read_final_response(*this, Framing::response); }
  Message response_to_head() { return read_final_response(*this, Framing::response_without_body); }
  /// The next head alone: a 1xx, or an answer whose body the test reads itself.
  Message head() { return read_head(*this); }

  /// Sends the bytes, returns the answer.
  Message ask(std::string_view bytes) {
    send(bytes);
    return response();
  }
  Message get(std::string_view path, std::string_view fields = "");
};

/// "GET /path HTTP/1.1", a Host field and `fields` (each with its CRLF), without a body.
std::string get(std::string_view path, std::string_view fields = "");
std::string request(std::string_view method, std::string_view path, std::string_view fields = "");
/// With a Content-Length and the body.
std::string post(std::string_view path, std::string_view body, std::string_view fields = "");
/// "POST … Transfer-Encoding: chunked" up to the blank line; the chunks are the caller's.
std::string chunked_post(std::string_view path, std::string_view fields = "");

}  // namespace penstock::e2e
