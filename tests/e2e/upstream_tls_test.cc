// TLS towards endpoints.
#include "tests/support/authority.h"
#include "tests/support/fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tls_front.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::Authority;
using testing_support::KeyPair;

const std::string kOurs = "IP:127.0.0.1,DNS:api.internal";

class UpstreamTls : public H1ToH1 {
 protected:
  const Authority authority;
  TempDir files;
  const std::string ca = files.write("ca.pem", authority.pem());

  KeyPair pair_for(const std::string& san) const { return authority.sign({.san = san}); }
  /// `more`: of `tls`, beside the authority; `beside`: of the upstream.
  Additions with_tls(const std::string& more = "", const std::string& beside = "") const {
    return {.upstream = "tls: { ca: \"" + ca + "\"" + (more.empty() ? "" : ", " + more) + " }" +
                        (beside.empty() ? "" : ", " + beside)};
  }
  std::string yaml(const TlsFront& front, const Additions& additions) const {
    return gateway_yaml(front.address(), additions);
  }
  /// Written to files: "cert: …, key: …".
  std::string pair_keys(const KeyPair& pair) const {
    return "cert: \"" + files.write("own.crt", pair.cert) + "\", key: \"" + files.write("own.key", pair.key) + "\"";
  }
  static std::string metric(const Gateway& gateway, const std::string& name) {
    const std::string page = gateway.admin("/metrics").body;
    const std::size_t at = page.find("\n" + name + " ");
    return at == std::string::npos ? "none"
                                   : page.substr(at + name.size() + 2, page.find('\n', at + 1) - at - name.size() - 2);
  }
  static void expect_bad_certificate(const Gateway& gateway) {
    expect_proxy_error(Client(gateway).get("/"), 502, "tls_certificate", "tls_certificate_error");
  }
};

TEST_F(UpstreamTls, ARequestIsEncryptedForAnEndpointWithAGoodCertificate) {
  TlsFront front(backend, pair_for(kOurs));
  Gateway gateway(yaml(front, with_tls()));
  Client client(gateway);
  EXPECT_EQ(client.get("/one").body, "ok");
  EXPECT_EQ(client.get("/two").body, "ok");
  EXPECT_EQ(backend.requests(2)[1].target(), "/two");
  EXPECT_EQ(front.handshakes(1)[0].asked_name, "");
}

TEST_F(UpstreamTls, TheNameThatIsAskedForIsTheNameThatTheCertificateMustHave) {
  TlsFront front(backend, pair_for("DNS:api.internal"));
  {
    Gateway gateway(yaml(front, with_tls("sni: api.internal")));
    EXPECT_EQ(Client(gateway).get("/").status(), 200);
    EXPECT_EQ(front.handshakes(1)[0].asked_name, "api.internal");
  }
  Gateway others(yaml(front, with_tls("sni: other.internal")));
  expect_bad_certificate(others);
}

TEST_F(UpstreamTls, WithoutANameTheAddressMustBeInTheCertificate) {
  TlsFront front(backend, pair_for("IP:127.0.0.2,DNS:127.0.0.1"));
  Gateway gateway(yaml(front, with_tls()));
  expect_bad_certificate(gateway);
}

TEST_F(UpstreamTls, AnEndpointsNameIsAskedFor) {
  TlsFront front(backend, pair_for("DNS:localhost"));
  Gateway gateway(gateway_yaml(front.named("localhost"), with_tls()));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(front.handshakes(1)[0].asked_name, "localhost");
}

TEST_F(UpstreamTls, ACertificateByAnUnknownAuthorityIsRefused) {
  TlsFront front(backend, Authority("others").sign({.san = kOurs}));
  Gateway gateway(yaml(front, with_tls()));
  expect_bad_certificate(gateway);
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(UpstreamTls, ACertificateThatHasExpiredIsRefused) {
  TlsFront front(backend, authority.sign({.san = kOurs, .valid_from_days = -3, .valid_for_days = -1}));
  Gateway gateway(yaml(front, with_tls()));
  expect_bad_certificate(gateway);
}

TEST_F(UpstreamTls, TheSystemsAuthoritiesAreTrustedWhereNoOthersAreNamed) {
  TlsFront front(backend, pair_for(kOurs));
  {
    Gateway gateway(yaml(front, {.upstream = "tls: {}"}));
    expect_bad_certificate(gateway);
  }
  Gateway gateway(yaml(front, {.upstream = "tls: {}"}), {"SSL_CERT_FILE=" + ca});
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
}

TEST_F(UpstreamTls, UnverifiedWhateverAnswersIsTrusted) {
  TlsFront front(backend, Authority("others").sign({.san = "DNS:x", .valid_from_days = -3, .valid_for_days = -1}));
  Gateway gateway(yaml(front, {.upstream = "tls: { verify: false }"}));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
}

TEST_F(UpstreamTls, AnEndpointThatSpeaksInPlainIsNotBelieved) {
  backend.on_connection([](Connection& connection) {
    connection.send(ok_response("in plain"));
    connection.wait_for_bytes();
  });
  Gateway gateway(backend, with_tls());
  expect_proxy_error(Client(gateway).get("/"), 502, "tls_protocol", "tls_protocol_error");
  EXPECT_EQ(metric(gateway, "penstock_upstream_connect_errors_total{upstream=\"app\"}"), "1");
}

TEST_F(UpstreamTls, BytesAheadOfTheHandshakeAreNoAnswer) {
  TlsFront front(backend, pair_for(kOurs));
  Backend middle;  // says something of its own, and then leaves the two to themselves
  middle.on_connection([port = front.port()](Connection& connection) {
    connection.send(ok_response("injected"));
    Connection onward(connect_to(SocketAddress::ipv4(port)));
    onward.send(connection.read_some());
    connection.send(onward.read_some());
    connection.wait_for_bytes();
  });
  Gateway gateway(middle, with_tls());
  expect_proxy_error(Client(gateway).get("/"), 502, "tls_protocol", "tls_protocol_error");
}

TEST_F(UpstreamTls, ACertificateIsShownToThoseWhoAsk) {
  TlsFront front(backend, pair_for(kOurs), {.client_ca = authority.pem()});
  const KeyPair own = authority.sign({.san = "DNS:gateway", .common_name = "gateway"});
  Gateway gateway(yaml(front, with_tls(pair_keys(own))));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(front.handshakes(1)[0].client, "gateway");
}

TEST_F(UpstreamTls, WithoutACertificateToShowTheHandshakeFails) {
  TlsFront front(backend, pair_for(kOurs), {.client_ca = authority.pem(), .only_v1_2 = true});
  Gateway gateway(yaml(front, with_tls()));
  expect_proxy_error(Client(gateway).get("/"), 502, "tls_protocol", "tls_protocol_error");
}

TEST_F(UpstreamTls, OldVersionsAreNotSpokenWhereTheyAreForbidden) {
  TlsFront front(backend, pair_for(kOurs), {.only_v1_2 = true});
  {
    Gateway gateway(yaml(front, with_tls()));
    EXPECT_EQ(Client(gateway).get("/").status(), 200);
  }
  Gateway gateway(yaml(front, with_tls("min_version: \"1.3\"")));
  expect_proxy_error(Client(gateway).get("/"), 502, "tls_protocol", "tls_protocol_error");
}

TEST_F(UpstreamTls, NewConnectionsResumeTheSessionBefore) {
  for (const bool old : {false, true}) {
    TlsFront front(backend, pair_for(kOurs), {.only_v1_2 = old});
    Gateway gateway(yaml(front, with_tls("", "pool: { requests_per_connection: 1 }")));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 200);
    const auto handshakes = front.handshakes(3);
    EXPECT_FALSE(handshakes[0].resumed);
    EXPECT_TRUE(handshakes[1].resumed && handshakes[2].resumed) << old;
    const std::string name = "penstock_upstream_tls_handshakes_total{upstream=\"app\",session=";
    EXPECT_EQ(metric(gateway, name + "\"new\"}"), "1");
    EXPECT_EQ(metric(gateway, name + "\"resumed\"}"), "2");
  }
}

TEST_F(UpstreamTls, BodiesGoBothWaysWhole) {
  backend.on_request([](Exchange& exchange) { exchange.ok(exchange.request().body); });
  TlsFront front(backend, pair_for(kOurs));
  Gateway gateway(yaml(front, with_tls()));
  std::string body;
  for (int i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i);
  Client client(gateway);
  EXPECT_EQ(client.ask(post("/", body)).body, body);
  EXPECT_EQ(client.ask(chunked_post("/") + chunk(body) + std::string(kLastChunk)).body, body);
  EXPECT_EQ(front.handshake_count(), 1u);
}

TEST_F(UpstreamTls, AnotherEndpointIsTriedForOneWithABadCertificate) {
  TlsFront bad(backend, pair_for("DNS:other")), good(backend, pair_for(kOurs));
  Gateway gateway(gateway_yaml(std::vector{"\"" + bad.address() + "\"", "\"" + good.address() + "\""}, with_tls()));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Client(gateway).ask(post("/", "once")).status(), 200);
  EXPECT_EQ(backend.request_count(), 4u);
}

TEST_F(UpstreamTls, AHandshakeThatTakesTooLongIsAConnectTimeout) {
  backend.on_connection([](Connection& connection) {
    while (connection.wait_for_bytes()) connection.read_some();
  });
  Gateway gateway(backend, with_tls("", "timeouts: { connect: 50ms }"));
  expect_proxy_error(Client(gateway).get("/"), 504, "connect_timeout", "connection_timeout");
}

TEST_F(UpstreamTls, ChecksAreEncryptedToo) {
  TlsFront front(backend, pair_for(kOurs));
  Gateway gateway(yaml(front, with_tls("", "health_check: { path: /up, interval: 50ms }")));
  EXPECT_EQ(backend.requests(2)[1].target(), "/up");
  EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr("\"state\":\"healthy\""));
}

TEST_F(UpstreamTls, ACheckSaysWhatIsWrongWithACertificate) {
  TlsFront front(backend, authority.sign({.san = kOurs, .valid_from_days = -3, .valid_for_days = -1}));
  Gateway gateway(yaml(front, with_tls("", "health_check: { interval: 50ms }")));
  EXPECT_TRUE(eventually([&] {
    return gateway.admin("/upstreams").body.find("certificate has expired") != std::string::npos;
  })) << gateway.admin("/upstreams").body;
}

TEST_F(UpstreamTls, TheProxyHeaderGoesAheadOfTheHandshake) {
  constexpr std::size_t kSize = 28;
  backend.on_connection([](Connection& connection) {
    const std::string header = connection.read_exactly(kSize);
    read_message(connection, Framing::request);
    connection.send(ok_response(header));
    connection.wait_for_bytes();
  });
  TlsFront front(backend, pair_for(kOurs), {.first_in_plain = kSize});
  Gateway gateway(yaml(front, with_tls("", "proxy_protocol: v2")));
  EXPECT_THAT(Client(gateway).get("/").body, StartsWith("\r\n\r\n"));
}

TEST_F(UpstreamTls, FilesThatCannotBeUsedAreProblemsOfTheConfiguration) {
  TempDir directory;
  const auto test = [&](const std::string& tls) {
    const std::string path =
        directory.write("p.yaml", gateway_yaml("127.0.0.1:1", {.upstream = "tls: { " + tls + " }"}));
    const Finished finished = run_penstock({"-t", "-c", path});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.err, StartsWith(path + ":8:"));
    return finished.err;
  };
  const KeyPair one = pair_for(kOurs), other = pair_for(kOurs);
  EXPECT_THAT(test("ca: /nowhere.pem"), HasSubstr("/nowhere.pem: "));
  EXPECT_THAT(test("ca: \"" + files.write("empty.pem", "") + "\""), HasSubstr("empty.pem"));
  EXPECT_THAT(test(pair_keys({one.cert, other.key})), HasSubstr("the key does not belong to the certificate"));
}

TEST_F(UpstreamTls, AReloadReadsTheFilesAnew) {
  const Authority second("second");
  TlsFront front(backend, second.sign({.san = kOurs}));
  const std::string text = yaml(front, with_tls());
  Gateway gateway(text);
  expect_bad_certificate(gateway);

  files.write("ca.pem", "nothing of use");
  EXPECT_FALSE(gateway.reload(text));
  expect_bad_certificate(gateway);

  files.write("ca.pem", second.pem());
  EXPECT_TRUE(gateway.reload(text));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_TRUE(gateway.reload(text));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(front.handshake_count(), 1u) << "what is the same keeps its connections";
}

}  // namespace
}  // namespace penstock::e2e
