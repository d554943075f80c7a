#include "tests/support/http_call.h"

namespace penstock::e2e {

Message http_call(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body,
                  std::string_view fields) {
  Connection connection(connect_to(SocketAddress::ipv4(port)));
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: test.example\r\nConnection: close\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\n").append(fields).append("\r\n").append(body);
  connection.send(request);
  return read_final_response(connection, Framing::response);
}

}  // namespace penstock::e2e
