#include "tests/support/client.h"

#include "tests/support/gateway.h"

namespace penstock::e2e {

Client::Client(const Gateway& gateway) : Client(gateway.port()) {}

Message Client::get(std::string_view path, std::string_view fields) {
  return ask(e2e::get(path, fields));
}

std::string request(std::string_view method, std::string_view path, std::string_view fields) {
  std::string text(method);
  text.append(" ").append(path).append(" HTTP/1.1\r\nHost: test.example\r\n").append(fields).append("\r\n");
  return text;
}

std::string get(std::string_view path, std::string_view fields) {
  return request("GET", path, fields);
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return request("POST", path, length + std::string(fields)) + std::string(body);
}

std::string chunked_post(std::string_view path, std::string_view fields) {
  return request("POST", path, "Transfer-Encoding: chunked\r\n" + std::string(fields));
}

}  // namespace penstock::e2e
