#include "gateway/io/tls/context.h"

#include "tests/unit/io/tls_fixture.h"

namespace penstock::io {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsContextTest : public TlsTest {
 protected:
  std::string only_problem(const ServerTls::Parts& parts) {
    report = {};
    EXPECT_EQ(make(parts), nullptr);
    return report.problems.size() == 1 ? report.problems.front().text : "several, or none";
  }
  std::string only_warning() { return report.warnings.size() == 1 ? report.warnings.front().text : "several, or none"; }
  /// The common name in the certificate that is shown to who asks for the name; or the error.
  std::string shown(const ServerTlsPtr& tls, const std::string& name) {
    ClientTls::Parts parts = client_parts();
    parts.verify = false;
    const std::string error = handshake(tls, make(parts), name);
    if (!error.empty()) return error;
    const std::string text = client_stream->tls()->peer_text();
    return text.substr(text.find("CN=") + 3, text.find('"', text.find("CN=")) - text.find("CN=") - 3);
  }
  ServerTls::Certificate named(const std::string& common_name, const std::string& san) {
    return files(authority().sign({.san = san, .common_name = common_name}), common_name);
  }
};

TEST_F(TlsContextTest, AKeyOfAnotherCertificateIsAProblem) {
  ServerTls::Certificate mixed = files(pair_for("DNS:a.example"));
  mixed.key = {"other.key", pair_for("DNS:a.example").key};
  EXPECT_EQ(only_problem(server_parts({mixed})), "other.key: the key does not belong to the certificate in api.crt");
}

TEST_F(TlsContextTest, FilesThatAreNotWhatTheyShouldBeAreProblems) {
  const KeyPair good = pair_for("DNS:a.example");
  EXPECT_EQ(only_problem(server_parts({{{"a.crt", ""}, {"a.key", good.key}, {}}})),
            "a.crt: there is no certificate in it (PEM)");
  EXPECT_EQ(only_problem(server_parts({{{"a.crt", good.cert}, {"a.key", good.cert}, {}}})),
            "a.key: there is no private key in it (PEM)");
  std::string torn = good.cert;
  torn.resize(torn.size() / 2);
  EXPECT_THAT(only_problem(server_parts({{{"a.crt", torn}, {"a.key", good.key}, {}}})),
              StartsWith("a.crt: a certificate can't be read: "));
}

TEST_F(TlsContextTest, AProblemSaysWhichCertificateItIsOf) {
  EXPECT_EQ(make(server_parts({files(pair_for("DNS:a.example")), files({"", ""})})), nullptr);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems.front().certificate, 1u);
}

TEST_F(TlsContextTest, AnExpiredCertificateIsAWarning) {
  const auto old = files(authority().sign({.san = "DNS:a.example", .valid_from_days = -9, .valid_for_days = -1}));
  ASSERT_NE(make(server_parts({old})), nullptr);
  EXPECT_EQ(only_warning(), "api.crt: the certificate has expired");
}

TEST_F(TlsContextTest, TheCertificateIsChosenByTheNameThatIsAskedFor) {
  const ServerTlsPtr tls = make(server_parts({named("default", "DNS:x.example"), named("exact", "DNS:a.b.example"),
                                              named("wild", "DNS:*.b.example"), named("only.cn", "")}));
  EXPECT_EQ(shown(tls, "a.b.example"), "exact");
  EXPECT_EQ(shown(tls, "A.B.Example."), "exact");
  EXPECT_EQ(shown(tls, "c.b.example"), "wild");
  EXPECT_EQ(shown(tls, "d.c.b.example"), "default") << "a wildcard is one label";
  EXPECT_EQ(shown(tls, "b.example"), "default");
  EXPECT_EQ(shown(tls, "only.cn"), "only.cn");
  EXPECT_EQ(shown(tls, "127.0.0.1"), "default");
}

TEST_F(TlsContextTest, ANameThatIsTakenWholeByOthersIsNeverUsed) {
  ASSERT_NE(make(server_parts({named("one", "DNS:a.example"), named("two", "DNS:a.example")})), nullptr);
  EXPECT_THAT(only_warning(), StartsWith("two.crt: never used"));
}

TEST_F(TlsContextTest, FactsAreToldForMetrics) {
  const ServerTlsPtr tls = make(server_parts({named("x", "DNS:a.example,DNS:b.example"), named("y", "IP:127.0.0.1")}));
  ASSERT_EQ(tls->certificates().size(), 2u);
  EXPECT_EQ(tls->certificates()[0].name, "a.example");
  EXPECT_EQ(tls->certificates()[1].name, "y");
  EXPECT_GT(tls->certificates()[0].not_after_unix_s, 1'700'000'000);
}

TEST_F(TlsContextTest, TheServerMustBeWhoItIsCalled) {
  const ServerTlsPtr tls = make(server_parts("DNS:a.example,IP:127.0.0.1"));
  EXPECT_EQ(handshake(tls, make(client_parts()), "a.example"), "");
  EXPECT_EQ(handshake(tls, make(client_parts()), "127.0.0.1"), "");
  EXPECT_EQ(handshake(tls, make(client_parts()), "b.example"), "certificate verify failed: hostname mismatch");
  EXPECT_EQ(handshake(tls, make(client_parts()), "127.0.0.2"), "certificate verify failed: IP address mismatch");
  EXPECT_EQ(client_stream->tls()->failure(), TlsFailure::certificate);
}

TEST_F(TlsContextTest, ACommonNameIsNoNameToAClient) {
  const ServerTlsPtr tls = make(server_parts({named("a.example", "")}));
  EXPECT_EQ(handshake(tls, make(client_parts()), "a.example"), "certificate verify failed: hostname mismatch");
}

TEST_F(TlsContextTest, AnAuthorityThatIsNotOursIsNotBelieved) {
  const Authority other("other");
  const ServerTlsPtr tls = make(server_parts({files(other.sign({.san = "DNS:a.example"}))}));
  EXPECT_THAT(handshake(tls, make(client_parts()), "a.example"), HasSubstr("unable to get local issuer"));
  ASSERT_TRUE(run_until([&] { return server.errors == 1; }));
  EXPECT_EQ(server_stream->tls()->failure(), TlsFailure::refused);
  ClientTls::Parts careless = client_parts();
  careless.verify = false;
  EXPECT_EQ(handshake(tls, make(careless), "a.example"), "");
}

TEST_F(TlsContextTest, SessionsAreResumedByTickets) {
  const ServerTlsPtr tls = make(server_parts("DNS:a.example"));
  const auto session = [&](const ServerTlsPtr& with) {
    EXPECT_EQ(handshake(with, make(client_parts()), "a.example"), "");
    server_stream->write("x");  // after the tickets
    EXPECT_TRUE(run_until([&] { return client.bytes == "x"; }));
    return server_stream->tls()->resumed();
  };
  EXPECT_FALSE(session(tls));
  EXPECT_TRUE(session(tls));
  EXPECT_TRUE(session(tls));
  EXPECT_TRUE(session(make(server_parts("DNS:a.example")))) << "by a context made anew with the same ticket keys";
  tickets = std::make_shared<TicketKeys>(Loop::clock());
  EXPECT_FALSE(session(make(server_parts("DNS:a.example"))));
}

class MutualTls : public TlsContextTest {
 protected:
  ServerTls::Parts asking(ClientCertificates clients, const Authority& by = authority()) {
    ServerTls::Parts parts = server_parts("DNS:a.example");
    parts.clients = clients;
    parts.client_ca = {"clients.crt", by.pem()};
    return parts;
  }
  ClientTlsPtr showing(const KeyPair& pair) {
    ClientTls::Parts parts = client_parts();
    parts.cert = {"me.crt", pair.cert};
    parts.key = {"me.key", pair.key};
    return make(parts);
  }
  /// In TLS 1.3 the server judges the client when that one thinks that all is done.
  std::string verdict(const ServerTlsPtr& tls, const ClientTlsPtr& with) {
    connect(tls, with, "a.example");
    EXPECT_TRUE(run_until([&] { return server.connected || server.errors; }));
    return server_stream->tls()->error();
  }
};

TEST_F(MutualTls, WhoMustShowACertificateMustShowAValidOne) {
  const ServerTlsPtr tls = make(asking(ClientCertificates::required));
  EXPECT_EQ(verdict(tls, make(client_parts())), "peer did not return a certificate");
  EXPECT_EQ(server_stream->tls()->failure(), TlsFailure::certificate);
  EXPECT_THAT(verdict(tls, showing(Authority("other").sign({}))), StartsWith("certificate verify failed: "));
  EXPECT_EQ(verdict(tls, showing(authority().sign({.san = "URI:spiffe://x/y,DNS:me", .common_name = "me; \"x\""}))),
            "");
  EXPECT_TRUE(server_stream->tls()->peer_verified());
  EXPECT_THAT(server_stream->tls()->peer_text(),
              ::testing::MatchesRegex(R"(Hash=[0-9a-f]{64};Subject=".*";URI=spiffe://x/y;DNS=me)"));
}

TEST_F(MutualTls, WhoMayShowOneMayLeaveItButNotShowAWrongOne) {
  const ServerTlsPtr tls = make(asking(ClientCertificates::optional));
  EXPECT_EQ(verdict(tls, make(client_parts())), "");
  EXPECT_FALSE(server_stream->tls()->peer_verified());
  EXPECT_EQ(server_stream->tls()->peer_text(), "");
  EXPECT_THAT(verdict(tls, showing(Authority("other").sign({}))), StartsWith("certificate verify failed: "));
}

TEST_F(MutualTls, AResumedSessionRemembersWhoTheClientIs) {
  const ServerTlsPtr tls = make(asking(ClientCertificates::required));
  const ClientTlsPtr me = showing(authority().sign({.common_name = "me"}));
  for (const bool resumed : {false, true}) {
    EXPECT_EQ(verdict(tls, me), "");
    EXPECT_EQ(server_stream->tls()->resumed(), resumed);
    EXPECT_THAT(server_stream->tls()->peer_text(), HasSubstr("CN=me"));
    server_stream->write("x");
    ASSERT_TRUE(run_until([&] { return client.bytes == "x"; }));
  }
}

/// CVE-2025-23419: a session begun where nobody is asked let one in where a certificate is required.
TEST_F(MutualTls, ASessionOfAnotherRuleIsNotResumed) {
  const ClientTlsPtr stranger = make(client_parts());
  EXPECT_EQ(verdict(make(server_parts("DNS:a.example")), stranger), "");
  server_stream->write("x");
  ASSERT_TRUE(run_until([&] { return client.bytes == "x"; }));
  EXPECT_EQ(verdict(make(asking(ClientCertificates::optional)), stranger), "");
  EXPECT_FALSE(server_stream->tls()->resumed());
  EXPECT_EQ(verdict(make(asking(ClientCertificates::required)), stranger), "peer did not return a certificate");
}

TEST(TicketKeys, RotateAndAreForgotten) {
  TicketKeys keys(0);
  const auto first = keys.newest(0).name;
  EXPECT_TRUE(keys.find(first.data(), TicketKeys::kPeriod - 1)->newest);
  EXPECT_FALSE(keys.find(first.data(), TicketKeys::kPeriod)->newest);
  EXPECT_NE(keys.newest(TicketKeys::kPeriod).name, first);
  EXPECT_TRUE(keys.find(first.data(), TicketKeys::kPeriod + TicketKeys::kTicketLife - 1).has_value());
  EXPECT_FALSE(keys.find(first.data(), TicketKeys::kPeriod + TicketKeys::kTicketLife).has_value());
}

TEST(TicketKeys, AllGoAfterALongSilence) {
  TicketKeys keys(0);
  const auto first = keys.newest(0).name;
  EXPECT_FALSE(keys.find(first.data(), 100 * TicketKeys::kPeriod).has_value());
  EXPECT_TRUE(keys.find(keys.newest(100 * TicketKeys::kPeriod).name.data(), 100 * TicketKeys::kPeriod)->newest);
}

}  // namespace
}  // namespace penstock::io
