// What clients do, and what the gateway counts of it.
#pragma once

#include <string>
#include <string_view>

#include "tests/e2e/counters_fixture.h"
#include "tests/support/authority.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tls_client.h"

namespace penstock::e2e {

inline constexpr std::string_view kBeginningOfHandshake("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

/// The backend stays silent where a path asks for that.
class CountersOfClients : public CountersTest {
 public:
  CountersOfClients() {
    backend.on_request([](Exchange& exchange) {
      exchange.request().target() == "/silent" ? exchange.await_close() : exchange.ok("ok");
    });
  }

  /// A request that has come to the backend, and is not answered.
  Client ask_and_wait(Client client, std::string_view path) {
    const std::size_t before = backend.request_count();
    client.send(get(path));
    backend.requests(before + 1);
    return client;
  }

  void clients_ask_for_what_is_refused() {
    Gateway gateway(backend, {.listener = "timeouts: { header: 200ms, body: 200ms }",
                              .route = "match: { path: /*, methods: [GET, POST] }",
                              .routes = "- { match: { host: other.example }, respond: 204 }\n"});
    const std::string long_text(40'000, 'a');
    for (const std::string& bytes :
         {std::string("GET / HTTP/1.1\r\n\r\n"), get("/" + long_text), get("/", "X-Large: " + long_text + "\r\n"),
          request("POST", "/", "Content-Length: 10485761\r\n"), request("BREW", "/"),
          request("POST", "/", "Transfer-Encoding: gzip, chunked\r\n"),
          std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
          request("POST", "/", "Content-Length: 1\r\nExpect: 200-ok\r\n"), request("DELETE", "/"),
          request("OPTIONS", "*"), std::string("GET / HTTP/1.1\r\nHost: a"),
          request("POST", "/", "Content-Length: 10\r\n") + "five."}) {
      SCOPED_TRACE(bytes.substr(0, 100));
      EXPECT_GE(Client(gateway).ask(bytes).status(), 400);
    }
    ask_and_wait(Client(gateway), "/silent").close();
    count(gateway, errors({"bad_request", "uri_too_long", "headers_too_large", "body_too_large", "method_unknown",
                           "coding_unknown", "version_unsupported", "expectation_failed", "no_route",
                           "method_not_allowed", "header_timeout", "body_timeout", "client_gone"}));
  }
  void clients_pass_wait_and_are_refused_at_limits() {
    const auto at = [](const std::string& path, const std::string& limit, const std::string& more = "") {
      return "- { match: { path: " + path + " }, upstream: app, limits: [{ " + limit + " }]" + more + " }\n";
    };
    const std::string once = "token_bucket: { rate: 1/h, burst: 1 }";
    Gateway gateway(
        backend, {.routes = at("/once", once) + at("/trial", once + ", enforce: false") +
                            at("/turns", "leaky_bucket: { rate: 20/s, queue: 1 }") + at("/silent", "concurrency: 1") +
                            at("/else", once, ", fallback: { respond: { body: else }, on: [rate_limit] }")});
    for (const char* path : {"/once", "/trial", "/turns", "/else"}) {
      Client client(gateway);
      client.get(path);
      client.get(path);
    }
    const Client under_way = ask_and_wait(Client(gateway), "/silent");
    EXPECT_EQ(Client(gateway).get("/silent").status(), 503);
    count(gateway, joined({errors({"rate_limited", "overloaded"}),
                           each("limit_requests_total", "decision", {"passed", "waited", "refused", "would_refuse"}),
                           each("http_degraded_requests_total", "reason", {"rate_limit"})}));
  }
  void clients_come_in_too_great_a_number() {
    for (const std::string bound : {"connections", "connections_per_client"}) {
      Gateway gateway(backend, {.listener = "max: { " + bound + ": 1 }"});
      Client first(gateway);
      first.get("/");
      EXPECT_TRUE(Client(gateway).ends());
      count(gateway, each("connections_refused_total", "reason", {bound}));
    }
  }
  void proxies_do_not_say_whom_they_serve() {
    Gateway gateway(backend, {.listener = "proxy_protocol: { from: [127.0.0.0/8], timeout: 500ms }"});
    Client malformed(gateway), cut(gateway), late(gateway);
    malformed.send("PROXY nonsense\r\n");
    cut.send("PROXY TCP4 ");
    cut.finish_sending();
    late.send("PROXY TCP4 ");
    EXPECT_TRUE(late.ends());
    count(gateway, each("proxy_protocol_errors_total", "reason", {"malformed", "cut", "timeout"}));
  }
  void clients_shake_hands() {
    Gateway gateway(backend, {.listener = tls_of("server")});
    TlsClient whole(gateway.port());
    whole->get("/", "Connection: close\r\n");
    TlsClient(gateway.port(), {.session = whole.session()})->get("/");
    TlsClient(gateway.port(), {.alpn = "h2"});
    TlsClient(gateway.port(), {.ca = testing_support::Authority("others").pem()});
    Client plain(gateway), garbage(gateway), cut(gateway);
    plain.send(get("/"));
    garbage.send("no handshake, and no request either");
    cut.send(kBeginningOfHandshake);
    cut.finish_sending();
    count(gateway, each("tls_handshakes_total", "result",
                        {"full", "resumed", "unsupported", "refused", "plain_http", "protocol", "closed"}));
  }
  void clients_are_late_or_strangers() {
    Gateway hasty(backend, {.listener = tls_of("server") + ", timeouts: { header: 100ms }"});
    Client late(hasty);
    late.send(kBeginningOfHandshake);
    count(hasty, each("tls_handshakes_total", "result", {"timeout"}));
    const std::string ca = files.write("clients.crt", authority.pem());
    Gateway strict(backend, {.listener = tls_of("server", ", client_ca: " + ca)});
    const TlsClient stranger(strict.port());
    count(strict, each("tls_handshakes_total", "result", {"certificate"}));
  }
  void certificates_change() {
    Gateway renewed(backend, {.listener = tls_of("good")}), broken(backend, {.listener = tls_of("bad")});
    write_pair("good", authority.sign({.san = "DNS:api.example"}));
    files.write("bad.key", authority.sign({}).key);
    count(renewed, each("tls_certificate_reloads_total", "result", {"success"}));
    count(broken, each("tls_certificate_reloads_total", "result", {"failure"}));
  }

  const testing_support::Authority authority;
  const TempDir files;

 private:
  void write_pair(const std::string& name, const testing_support::KeyPair& pair) const {
    files.write(name + ".crt", pair.cert);
    files.write(name + ".key", pair.key);
  }
  /// What a listener needs to be encrypted; `more`: of `tls`.
  std::string tls_of(const std::string& name, const std::string& more = "") const {
    write_pair(name, authority.sign({.san = "DNS:api.example"}));
    return "tls: { certificates: [{ cert: " + files.path(name + ".crt") + ", key: " + files.path(name + ".key") +
           " }]" + more + " }";
  }
};

}  // namespace penstock::e2e
