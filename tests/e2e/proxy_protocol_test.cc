// The PROXY protocol: clients behind a proxy that only passes bytes, and endpoints that are told whom we serve.
#include "tests/support/authority.h"
#include "tests/support/fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tls_client.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_literals;

std::string v2(unsigned char command, unsigned char family, const std::string& what_follows) {
  return "\r\n\r\n\0\r\nQUIT\n"s + static_cast<char>(command) + static_cast<char>(family) + '\0' +
         static_cast<char>(what_follows.size()) + what_follows;
}

const std::string kLine = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n";
const std::string kBinary = v2(0x21, 0x11, "\xc0\x00\x02\x07\xc6\x33\x64\x01\x9c\x40\x01\xbb"s);
const std::string kLocal = v2(0x20, 0x00, "");

// ---- from clients' side

class ProxyProtocolIn : public H1ToH1 {
 protected:
  static Additions from_loopback(const std::string& more = "") {
    return {.listener = "proxy_protocol: { from: [127.0.0.0/8], timeout: 20s }" + more};
  }
  static std::string errors(const Gateway& gateway, const std::string& reason, int count) {
    const std::string line =
        "penstock_proxy_protocol_errors_total{reason=\"" + reason + "\"} " + std::to_string(count) + "\n";
    return gateway.admin("/metrics").body.find(line) != std::string::npos ? "" : line + " is missing";
  }
};

TEST_F(ProxyProtocolIn, TheAddressToldIsTheClientsEverywhere) {
  Gateway gateway(backend, from_loopback());
  for (const std::string& header : {kLine, kBinary}) {
    Client client(gateway);
    EXPECT_EQ(client.ask(header + get("/")).status(), 200);
    EXPECT_EQ(client.get("/again").status(), 200);
  }
  for (const Message& request : backend.requests(4)) EXPECT_EQ(request["X-Forwarded-For"], "192.0.2.7");
  for (const std::string& line : gateway.access_log(4)) EXPECT_EQ(json_member(line, "client_ip"), "192.0.2.7");
}

TEST_F(ProxyProtocolIn, MayComeByteByByte) {
  Gateway gateway(backend, from_loopback());
  for (const std::string& header : {kLine, kBinary}) {
    Client client(gateway);
    for (const char& byte : header) client.send_apart({{&byte, 1}});
    client.wait_until_read();
    EXPECT_EQ(client.ask(get("/")).status(), 200);
    EXPECT_EQ(backend.take_request()["X-Forwarded-For"], "192.0.2.7");
  }
}

TEST_F(ProxyProtocolIn, AConnectionThatSpeaksForItselfKeepsItsAddress) {
  Gateway gateway(backend, from_loopback());
  for (const std::string& header : {"PROXY UNKNOWN\r\n"s, kLocal, v2(0x21, 0x31, std::string(216, 'x'))}) {
    EXPECT_EQ(Client(gateway).ask(header + get("/")).status(), 200);
    EXPECT_EQ(backend.take_request()["X-Forwarded-For"], "127.0.0.1");
  }
}

TEST_F(ProxyProtocolIn, TlsMayFollowInTheSameSegment) {
  const testing_support::Authority authority;
  const testing_support::KeyPair pair = authority.sign({.san = "DNS:api.example"});
  const TempDir files;
  const std::string certificate =
      "{ cert: " + files.write("api.crt", pair.cert) + ", key: " + files.write("api.key", pair.key) + " }";
  Gateway gateway(backend, from_loopback(", tls: { certificates: [" + certificate + "] }"));
  for (const std::string& header : {kLine, kBinary}) {
    TlsClient client(gateway.port(), {.ca = authority.pem(), .before = header});
    ASSERT_EQ(client.shaken().error, "");
    EXPECT_EQ(client->ask(get("/")).status(), 200);
    EXPECT_EQ(backend.take_request()["X-Forwarded-For"], "192.0.2.7");
  }
  EXPECT_NE(TlsClient(gateway.port()).shaken().error, "") << "the header is missing";
  EXPECT_EQ(errors(gateway, "malformed", 1), "");
}

TEST_F(ProxyProtocolIn, WhoMustBeginWithItAndDoesNotIsClosed) {
  Gateway gateway(backend, from_loopback());
  for (const std::string& bytes : {get("/"), "PROXY TCP4 192.0.2.7\r\n"s + get("/"), "\x16\x03\x01"s}) {
    Client client(gateway);
    client.send(bytes);
    EXPECT_TRUE(client.ends());
  }
  EXPECT_EQ(errors(gateway, "malformed", 3), "");
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(ProxyProtocolIn, WhoEndsWithinItIsCountedAndWhoOnlyLooksIsNot) {
  Gateway gateway(backend, from_loopback());
  Client looks(gateway), ends(gateway);
  looks.finish_sending();
  EXPECT_TRUE(looks.ends());
  ends.send("PROXY TCP4 ");
  ends.wait_until_read();
  ends.finish_sending();
  EXPECT_TRUE(ends.ends());
  EXPECT_EQ(errors(gateway, "cut", 1), "");
}

TEST_F(ProxyProtocolIn, MustCome) {
  Gateway gateway(backend, {.listener = "proxy_protocol: { from: [127.0.0.1], timeout: 50ms }"});
  Client client(gateway);
  client.send("PROXY ");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(errors(gateway, "timeout", 1), "");
}

TEST_F(ProxyProtocolIn, OthersMustNotBeginWithIt) {
  Gateway gateway(backend, {.listener = "proxy_protocol: { from: [10.0.0.0/8] }"});
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(Client(gateway).ask(kLine + get("/")).status(), 400);
  EXPECT_EQ(Client(gateway).ask(kBinary + get("/")).status(), 400);
  EXPECT_EQ(backend.request_count(), 1u);
}

TEST_F(ProxyProtocolIn, TrustedProxiesAreJudgedByTheAddressTold) {
  Additions additions = from_loopback();
  additions.top = "trusted_proxies: [192.0.2.7]\n";
  Gateway gateway(backend, additions);
  const std::string forwarded = get("/", "X-Forwarded-For: 203.0.113.5\r\n");
  Client(gateway).ask(kLine + forwarded);
  Client(gateway).ask(kLocal + forwarded);
  const auto lines = gateway.access_log(2);
  EXPECT_EQ(json_member(lines[0], "client_ip"), "203.0.113.5");
  EXPECT_EQ(json_member(lines[1], "client_ip"), "127.0.0.1");
}

TEST_F(ProxyProtocolIn, LimitsAreByTheAddressTold) {
  Additions additions = from_loopback();
  additions.route = "limits: [{ token_bucket: 1/d, key: client_ip }]";
  Gateway gateway(backend, additions);
  EXPECT_EQ(Client(gateway).ask(kLine + get("/")).status(), 200);
  EXPECT_EQ(Client(gateway).ask(kBinary + get("/")).status(), 429);
  EXPECT_EQ(Client(gateway).ask(kLocal + get("/")).status(), 200);
}

TEST_F(ProxyProtocolIn, ConnectionsAreCountedByTheAddressTold) {
  Gateway gateway(backend, from_loopback(", max: { connections_per_client: 1 }"));
  Client first(gateway), second(gateway), other(gateway);
  EXPECT_EQ(first.ask(kLine + get("/")).status(), 200);
  second.send(kBinary);
  EXPECT_TRUE(second.ends());
  EXPECT_EQ(other.ask(kLocal + get("/")).status(), 200);
}

// ---- towards endpoints

class ProxyProtocolOut : public H1ToH1 {
 protected:
  /// Reads a header of this size (0: a line), then answers one request after another with the header.
  void echo_headers(std::size_t size) {
    backend.on_connection([size](Connection& connection) {
      const std::string header = size ? connection.read_exactly(size) : connection.read_until("\r\n");
      while (connection.wait_for_bytes()) {
        const Message request = read_message(connection, Framing::request);
        connection.send(ok_response(header, "Asked-To: " + request["Connection"] + "\r\n"));
      }
    });
  }
  static std::string port_of(const Fd& socket) { return std::to_string(SocketAddress::of(socket).port()); }
  static std::string own_line(const Gateway& gateway, const Client& client) {
    return "PROXY TCP4 127.0.0.1 127.0.0.1 " + port_of(client.fd()) + " " + std::to_string(gateway.port()) + "\r\n";
  }
};

TEST_F(ProxyProtocolOut, ALineTellsBothEndsOfTheClientsConnection) {
  echo_headers(0);
  Gateway gateway(backend, {.upstream = "proxy_protocol: v1"});
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, own_line(gateway, client));
}

TEST_F(ProxyProtocolOut, SoDoesTheBinaryForm) {
  echo_headers(28);
  Gateway gateway(backend, {.upstream = "proxy_protocol: v2"});
  Client client(gateway);
  const std::uint16_t from = SocketAddress::of(client.fd()).port(), to = gateway.port();
  const std::string ports = {static_cast<char>(from >> 8), static_cast<char>(from & 0xff), static_cast<char>(to >> 8),
                             static_cast<char>(to & 0xff)};
  EXPECT_EQ(client.get("/").body, v2(0x21, 0x11, "\x7f\0\0\x01\x7f\0\0\x01"s + ports));
}

TEST_F(ProxyProtocolOut, AConnectionServesOneRequestAndIsToldSo) {
  echo_headers(0);
  Gateway gateway(backend, {.upstream = "proxy_protocol: v1"});
  Client one(gateway), two(gateway);
  EXPECT_EQ(one.get("/")["Asked-To"], "close");
  EXPECT_EQ(two.get("/").body, own_line(gateway, two));
  EXPECT_EQ(one.ask(post("/", "hello")).body, own_line(gateway, one));
  EXPECT_EQ(backend.connections(), 3u);
  EXPECT_TRUE(backend.wait_for_closed(3));
}

TEST_F(ProxyProtocolOut, WhatAnotherProxyHasToldGoesOn) {
  echo_headers(0);
  Gateway gateway(backend, {.listener = "proxy_protocol: { from: [127.0.0.1] }", .upstream = "proxy_protocol: v1"});
  EXPECT_EQ(Client(gateway).ask(kBinary + get("/")).body, kLine);
  EXPECT_THAT(Client(gateway).ask(kLocal + get("/")).body, StartsWith("PROXY TCP4 127.0.0.1 127.0.0.1 "));
}

TEST_F(ProxyProtocolOut, TheRealClientIsTold) {
  echo_headers(0);
  Gateway gateway(backend, {.upstream = "proxy_protocol: v1", .top = "trusted_proxies: [127.0.0.1]\n"});
  Client client(gateway);
  const std::string port = " " + std::to_string(gateway.port()) + "\r\n";
  EXPECT_EQ(client.get("/", "X-Forwarded-For: 203.0.113.5\r\n").body, "PROXY TCP4 203.0.113.5 127.0.0.1 0" + port);
  EXPECT_EQ(client.get("/", "X-Forwarded-For: 2001:db8::5\r\n").body,
            "PROXY TCP6 2001:db8::5 ::ffff:127.0.0.1 0" + port);
}

TEST_F(ProxyProtocolOut, ChecksSpeakForThemselves) {
  for (const auto& [version, header] : {std::pair{"v1"s, "PROXY UNKNOWN\r\n"s}, {"v2"s, kLocal}}) {
    Backend checked;
    checked.on_connection([size = header.size()](Connection& connection) {
      connection.read_exactly(size);
      read_message(connection, Framing::request);
      connection.send(ok_response("well"));
    });
    Gateway gateway(checked,
                    {.upstream = "proxy_protocol: " + version + ", health_check: { path: /up, interval: 50ms }"});
    ASSERT_TRUE(checked.wait_for_closed(2));
    EXPECT_THAT(checked.received(0), StartsWith(header + "GET /up HTTP/1.1\r\n"));
    EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr("\"state\":\"healthy\""));
  }
}

}  // namespace
}  // namespace penstock::e2e
