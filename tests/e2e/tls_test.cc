// Listeners that are encrypted: the handshake, certificates and what requests carry of it.
#include <openssl/ssl.h>

#include <atomic>

#include "tests/support/authority.h"
#include "tests/support/fixture.h"
#include "tests/support/successor.h"
#include "tests/support/tls_client.h"

namespace penstock::e2e {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing_support::Authority;
using testing_support::KeyPair;
using testing_support::Wanted;

constexpr int k12 = TLS1_2_VERSION;
constexpr int k13 = TLS1_3_VERSION;

class TlsListener : public H1ToH1 {
 protected:
  TempDir files;
  Authority authority;

  /// A flow map for `certificates`; the files stand in the directory under the name.
  std::string write(const std::string& name, const KeyPair& pair) {
    files.write(name + ".crt", pair.cert);
    files.write(name + ".key", pair.key);
    return "{ cert: " + files.path(name + ".crt") + ", key: " + files.path(name + ".key") + " }";
  }
  std::string certificate(const Wanted& wanted) { return write(wanted.common_name, authority.sign(wanted)); }
  std::string listener(const std::string& certificates, const std::string& more = "") {
    return "tls: { certificates: [" + certificates + "]" + (more.empty() ? "" : ", " + more) + " }";
  }
  std::string api() { return certificate({.san = "DNS:api.example", .common_name = "api"}); }
  std::string client_ca(const std::string& more = "") {
    return "client_ca: " + files.write("clients.crt", authority.pem()) + more;
  }
  std::string yaml(const std::string& listener, Additions more = {}) {
    more.listener = listener;
    return gateway_yaml(backend.address(), more);
  }
  std::string yaml_with_admin(const std::string& listener) {
    std::string text = yaml("");
    const std::string bind = "admin: { bind: \"127.0.0.1:0\"";
    return text.insert(text.find(bind) + bind.size(), ", " + listener);
  }
  void renew(const std::string& name) { write("api", authority.sign({.san = "DNS:api.example", .common_name = name})); }
  static bool admin_shows(const Gateway& gateway, const std::string& name) {
    return TlsClient(gateway.admin_port()).shaken().certificate_name == name;
  }
  Hello trusting(Hello hello = {}) {
    hello.ca = authority.pem();
    return hello;
  }
  static std::string big(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + (i * 31 + i / 977) % 90);
    return text;
  }
  /// The value of a line of /metrics that begins so; "" if there is none.
  static std::string metric(Gateway& gateway, const std::string& begins) {
    const std::string page = gateway.admin("/metrics").body;
    const std::size_t at = page.find("\n" + begins);
    if (at == page.npos) return "";
    const std::size_t end = page.find('\n', at + 1);
    const std::string line = page.substr(at + 1, end - at - 1);
    return line.substr(line.rfind(' ') + 1);
  }
};

TEST_F(TlsListener, ServesBothVersions) {
  Gateway gateway(yaml(listener(api())));
  for (const int version : {k12, k13}) {
    TlsClient client(gateway.port(), trusting({.version = version, .alpn = "http/1.1"}));
    ASSERT_EQ(client.shaken().error, "");
    EXPECT_EQ(client.shaken().version, version == k12 ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(client.shaken().alpn, "http/1.1");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client->get("/").body, "ok");
  }
  EXPECT_EQ(json_member(gateway.access_line(), "tls"), "TLSv1.2");
}

TEST_F(TlsListener, ThePlainestOfVersionsCanBeForbidden) {
  Gateway gateway(yaml(listener(api(), "min_version: \"1.3\"")));
  EXPECT_THAT(TlsClient(gateway.port(), {.version = k12}).shaken().error, HasSubstr("protocol version"));
  EXPECT_EQ(TlsClient(gateway.port(), {.version = k13}).shaken().error, "");
}

TEST_F(TlsListener, OffersNoProtocolThatItDoesNotSpeak) {
  Gateway gateway(yaml(listener(api())));
  EXPECT_THAT(TlsClient(gateway.port(), {.alpn = "h2"}).shaken().error, HasSubstr("no application protocol"));
}

TEST_F(TlsListener, ChoosesTheCertificateByNameAndKeyType) {
  const std::string certificates = certificate({.san = "DNS:first.example", .common_name = "first"}) + ", " +
                                   certificate({.san = "DNS:*.wild.example", .common_name = "wild"}) + ", " +
                                   certificate({.san = "DNS:first.example", .common_name = "first-rsa", .rsa = true});
  Gateway gateway(yaml(listener(certificates)));
  const auto shown = [&](const Hello& hello) { return TlsClient(gateway.port(), hello).shaken().certificate_name; };
  EXPECT_EQ(shown({.name = "first.example"}), "first");
  EXPECT_EQ(shown({.name = "first.example", .rsa_only = true}), "first-rsa");
  EXPECT_EQ(shown({.name = "a.wild.example"}), "wild");
  EXPECT_EQ(shown({.name = "other.example"}), "first");
  EXPECT_EQ(shown({.name = ""}), "first");
}

TEST_F(TlsListener, StaplesTheAuthoritysAnswer) {
  const std::string pair = api();
  const std::string answer = files.write("api.ocsp", "what the authority said");
  Gateway gateway(yaml(listener(pair.substr(0, pair.size() - 2) + ", ocsp: " + answer + " }")));
  EXPECT_EQ(TlsClient(gateway.port(), {.version = k12}).shaken().staple, "what the authority said");
}

TEST_F(TlsListener, SessionsGoOnOverReloads) {
  const std::string configuration = yaml(listener(api()));
  Gateway gateway(configuration);
  for (const int version : {k12, k13}) {
    TlsClient first(gateway.port(), {.version = version});
    EXPECT_FALSE(first.shaken().resumed);
    first->get("/", "Connection: close\r\n");
    const auto session = first.session();
    ASSERT_TRUE(gateway.reload(configuration));
    TlsClient second(gateway.port(), {.version = version, .session = session});
    EXPECT_TRUE(second.shaken().resumed) << second.shaken().error;
    EXPECT_EQ(second->get("/").body, "ok");
  }
  EXPECT_EQ(metric(gateway, "penstock_tls_handshakes_total{listener=\"127.0.0.1:" + std::to_string(gateway.port()) +
                                "\",result=\"resumed\"}"),
            "2");
}

TEST_F(TlsListener, AndOverUpgrades) {
  Gateway gateway(yaml(listener(api())));
  TlsClient first(gateway.port());
  first->get("/", "Connection: close\r\n");
  const auto session = first.session();
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  TlsClient second(gateway.port(), {.session = session});
  EXPECT_TRUE(second.shaken().resumed) << second.shaken().error;
}

TEST_F(TlsListener, BigBodiesPassBothWays) {
  Gateway gateway(yaml(listener(api(), ""), {.route = "max_body: 64MiB"}));
  backend.on_request([](Exchange& exchange) { exchange.ok(exchange.request().body); });
  TlsClient client(gateway.port());
  const std::string body = big(5'000'000);
  EXPECT_TRUE(client->ask(post("/", body)).body == body);
  client->send(chunked_post("/") + chunk(body) + std::string(kLastChunk));
  EXPECT_TRUE(client->response().body == body);
}

TEST_F(TlsListener, AClientThatDoesNotReadHoldsUpItsBackend) {
  Gateway gateway(yaml(listener(api())));
  const std::string body = big(64 << 20);
  std::atomic<bool> stalled = false;
  backend.on_request([&](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    const std::size_t went = exchange.connection().send_until_stalled(body, milliseconds(300));
    EXPECT_LT(went, body.size());
    stalled = true;
    exchange.reply(std::string_view(body).substr(went));
  });
  TlsClient client(gateway.port());
  client->send(get("/"));
  EXPECT_TRUE(eventually([&] { return stalled.load(); }));
  EXPECT_TRUE(client->response().body == body);
}

TEST_F(TlsListener, PipelinedRequestsAreAnsweredInOrder) {
  Gateway gateway(yaml(listener(api())));
  backend.on_request([](Exchange& exchange) { exchange.ok(exchange.request().target()); });
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += get("/" + std::to_string(i));
  TlsClient client(gateway.port());
  client->send(requests);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client->response().body, "/" + std::to_string(i));
}

TEST_F(TlsListener, TheEndIsSaid) {
  Gateway gateway(yaml(listener(api())));
  TlsClient client(gateway.port());
  client->get("/", "Connection: close\r\n");
  EXPECT_TRUE(client.ended_cleanly());
}

TEST_F(TlsListener, PlainHttpIsTold) {
  Gateway gateway(yaml(listener(api())));
  Client client(gateway.port());
  client.send(get("/"));
  const Message answer = client.response();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.body, HasSubstr("plain HTTP"));
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(TlsListener, GarbageAndSilenceAreEnded) {
  Gateway gateway(yaml(listener(api()) + ", timeouts: { header: 200ms }"));
  Client garbage(gateway.port());
  garbage.send("no handshake, and no request either");
  garbage.read_to_end();
  Client silent(gateway.port());
  EXPECT_TRUE(silent.ends());
  Client slow(gateway.port());
  slow.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_TRUE(slow.ends());
  const std::string of = "penstock_tls_handshakes_total{listener=\"127.0.0.1:" + std::to_string(gateway.port()) + "\",";
  EXPECT_EQ(metric(gateway, of + "result=\"timeout\"}"), "2");
  EXPECT_EQ(metric(gateway, of + "result=\"protocol\"}"), "1");
}

TEST_F(TlsListener, BackendsAndRedirectsHearOfHttps) {
  Gateway gateway(
      yaml(listener(api()), {.routes = "- { match: { path: /old }, redirect: { to: \"{scheme}://{host}/new\" } }\n",
                             .top = "forwarded_headers: { forwarded: true }\n"}));
  TlsClient client(gateway.port());
  EXPECT_EQ(client->get("/old")["Location"], "https://test.example/new");
  client->get("/");
  EXPECT_EQ(backend.request()["X-Forwarded-Proto"], "https");
  EXPECT_THAT(backend.request()["Forwarded"], EndsWith("proto=https"));
}

// ---- clients' certificates

TEST_F(TlsListener, WhoMustShowACertificateIsKnownByIt) {
  Gateway gateway(yaml(listener(api(), client_ca())));
  TlsClient stranger(gateway.port());
  // In TLS 1.3 the client learns of it after its own end of the handshake.
  if (stranger.shaken().error.empty()) {
    EXPECT_THROW(stranger->get("/"), HarnessError);
  }
  TlsClient known(gateway.port(), {.certificate = authority.sign({.common_name = "alice"})});
  EXPECT_EQ(known->get("/", "X-Forwarded-Client-Cert: Subject=\"CN=root\"\r\n").status(), 200);
  EXPECT_EQ(backend.request_count(), 1u);
  EXPECT_EQ(backend.request().fields.all("X-Forwarded-Client-Cert").size(), 1u);
  EXPECT_THAT(backend.request()["X-Forwarded-Client-Cert"], MatchesRegex("Hash=[0-9a-f]{64};Subject=\"CN=alice\""));
}

TEST_F(TlsListener, WhoMayShowOneIsServedWithoutToo) {
  Gateway gateway(yaml(listener(api(), client_ca(", client_certificate: optional"))));
  TlsClient stranger(gateway.port());
  EXPECT_EQ(stranger->get("/").status(), 200);
  EXPECT_FALSE(backend.take_request().fields.has("X-Forwarded-Client-Cert"));
  TlsClient known(gateway.port(), {.certificate = authority.sign({.common_name = "bob"})});
  EXPECT_EQ(known->get("/").status(), 200);
  EXPECT_THAT(backend.take_request()["X-Forwarded-Client-Cert"], HasSubstr("CN=bob"));
  TlsClient foreign(gateway.port(), {.certificate = Authority("other").sign({.common_name = "bob"})});
  if (foreign.shaken().error.empty()) {
    EXPECT_THROW(foreign->get("/"), HarnessError);
  }
  EXPECT_EQ(backend.request_count(), 2u);
}

TEST_F(H1ToH1, NobodyCanClaimACertificate) {
  Gateway gateway(backend, {.top = "trusted_proxies: [127.0.0.0/8]\n"});
  Client(gateway).get("/",
                      "X-Forwarded-Client-Cert: a\r\nClient-Cert: :YQ==:\r\nClient-Cert-Chain: :YQ==:\r\n"
                      "X_Forwarded_Client_Cert: b\r\nx-forwarded_client-cert: c\r\nClient_Cert: d\r\n");
  for (const auto& [name, value] : backend.request().fields.list)
    EXPECT_THAT(name, ::testing::Not(::testing::ContainsRegex("[Cc]ert"))) << value;
}

/// CVE-2025-23419: a session that began on a listener which asks nobody must not open one which does.
TEST_F(TlsListener, ASessionOfAnotherListenerShowsNoCertificate) {
  const std::string open = "  - { bind: \"127.0.0.1:0\", " + listener(api()) + " }\n";
  std::string text = yaml(listener(api(), client_ca()));
  const std::string key = "listeners:\n";
  text.insert(text.find(key) + key.size(), open);
  Gateway gateway(text);
  TlsClient first(gateway.port(0));
  first->get("/", "Connection: close\r\n");
  const auto session = first.session();
  TlsClient second(gateway.port(1), {.session = session});
  EXPECT_FALSE(second.shaken().resumed);
  if (second.shaken().error.empty()) {
    EXPECT_THROW(second->get("/"), HarnessError);
  }
  EXPECT_EQ(backend.request_count(), 1u);
}

// ---- certificates that change

TEST_F(TlsListener, ACertificateThatChangesOnDiskIsTakenOver) {
  Gateway gateway(yaml(listener(api())));
  TlsClient before(gateway.port());
  EXPECT_EQ(before->get("/").status(), 200);
  renew("renewed");
  EXPECT_TRUE(eventually([&] { return TlsClient(gateway.port()).shaken().certificate_name == "renewed"; }));
  EXPECT_EQ(before->get("/").status(), 200) << "connections live on";
  EXPECT_THAT(metric(gateway, "penstock_tls_certificate_not_after_timestamp_seconds{"), MatchesRegex("[0-9]{10}"));
}

TEST_F(TlsListener, ABadPairOnDiskIsKeptOut) {
  Gateway gateway(yaml(listener(api())));
  files.write("api.key", authority.sign({}).key);
  const std::string failures =
      "penstock_tls_certificate_reloads_total{listener=\"127.0.0.1:" + std::to_string(gateway.port()) +
      "\",result=\"failure\"}";
  EXPECT_EQ(metric(gateway, failures), "0");
  EXPECT_TRUE(eventually([&] { return metric(gateway, failures) == "1"; }));
  EXPECT_EQ(TlsClient(gateway.port(), trusting()).shaken().error, "");
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("api.key: the key does not belong to the certificate in"));
}

TEST_F(TlsListener, ABadCertificateIsAProblemAtItsPlace) {
  const std::string good = yaml(listener(api()));
  Gateway gateway(good);
  files.write("api.crt", "no certificate");
  const std::string path = files.write("bad.yaml", good);
  const Finished checked = run_penstock({"-t", "-c", path});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.err,
              MatchesRegex(".*bad.yaml:[0-9]+:[0-9]+: .*api.crt: there is no certificate in it \\(PEM\\)\n"));
  EXPECT_FALSE(gateway.reload(good));
  EXPECT_EQ(TlsClient(gateway.port()).shaken().certificate_name, "api");
}

TEST_F(TlsListener, TheAdminListenerIsEncryptedLikeOthers) {
  Gateway gateway(yaml_with_admin(listener(api(), client_ca())));
  TlsClient known(gateway.admin_port(), {.certificate = authority.sign({})});
  EXPECT_THAT(known->get("/metrics").body, HasSubstr("timestamp_seconds{listener=\"admin\",name=\"api.example\""));
  renew("renewed");
  EXPECT_TRUE(eventually([&] { return admin_shows(gateway, "renewed"); }));
}

TEST_F(TlsListener, AProcessThatHasHandedOverOutlivesItsCertificates) {
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok("finished");
  });
  Gateway gateway(yaml_with_admin(listener(api())));
  Client client(gateway);
  client.send(get("/"));
  backend.request();
  gateway.signal(SIGUSR2);
  const Successor successor(gateway);
  for (const char* name : {"renewed", "renewed again"}) {  // whoever looks has seen the first one before the second
    renew(name);
    EXPECT_TRUE(eventually([&] { return admin_shows(gateway, name); }));
  }
  backend.release();
  EXPECT_EQ(client.response().body, "finished");
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(TlsListener, KeysAreNowhereShown) {
  Gateway gateway(yaml(listener(api())));
  const std::string secret = files.read("api.key").substr(40, 40);
  EXPECT_THAT(gateway.admin("/config").body, HasSubstr("api.key"));
  EXPECT_EQ(gateway.admin("/config").body.find(secret), std::string::npos);
}

}  // namespace
}  // namespace penstock::e2e
