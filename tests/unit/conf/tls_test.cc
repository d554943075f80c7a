// Encryption, the PROXY protocol, who may reach the admin listener, and how the program ends.
#include <gmock/gmock.h>

#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

class Tls : public Loading {
 protected:
  static std::string listener(const std::string& keys) {
    return "listeners: [{bind: '127.0.0.1:80', " + keys + "}]\nroutes: [{respond: 204}]\n";
  }
  static std::string upstream(const std::string& keys) {
    return "listeners: ['127.0.0.1:80']\nupstreams: {a: {endpoints: ['a:1'], " + keys + "}}\nroutes: [{upstream: a}]\n";
  }
  Config again(const std::string& yaml) const { return loaded(to_yaml(loaded(yaml))); }
};

TEST_F(Tls, AListenerHasCertificatesAndKnowsWhereTheyAreWritten) {
  const Config config = again(listener("tls: {certificates: [{cert: a.crt, key: a.key}, {cert: b.crt, key: b.key}]}"));
  ASSERT_TRUE(config.listeners.at(0).tls);
  EXPECT_EQ(config.listeners[0].tls->certificates.at(1).cert, "b.crt");
  EXPECT_GT(config.listeners[0].tls->certificates[1].mark.line, 0);
  EXPECT_EQ(config.listeners[0].tls->client_certificate, ClientCertificate::none);
}

TEST_F(Tls, ACertificateNeedsItsKey) {
  EXPECT_EQ(problem(listener("tls: {certificates: [{cert: a.crt}]}")),
            "1:57: certificates: the key \"key\" is missing");
}

TEST_F(Tls, ClientsCanBeAskedOnlyIfItIsSaidWhomToBelieve) {
  const std::string pair = "certificates: [{cert: a, key: b}]";
  EXPECT_THAT(problem(listener("tls: {" + pair + ", client_certificate: optional}")),
              testing::HasSubstr("client_certificate needs client_ca"));
  EXPECT_EQ(again(listener("tls: {" + pair + ", client_ca: c}")).listeners.at(0).tls->client_certificate,
            ClientCertificate::required);
  EXPECT_EQ(again(listener("tls: {" + pair + ", client_ca: c, client_certificate: optional}"))
                .listeners.at(0)
                .tls->client_certificate,
            ClientCertificate::optional);
}

TEST_F(Tls, AnUpstreamIsVerifiedUnlessToldOtherwise) {
  EXPECT_TRUE(again(upstream("tls: {}")).upstreams.at(0).tls->verify);
  EXPECT_FALSE(again(upstream("tls: {verify: false, sni: x.internal}")).upstreams.at(0).tls->verify);
  EXPECT_THAT(problem(upstream("tls: {cert: c}")), testing::HasSubstr("cert and key belong together"));
}

TEST_F(Tls, WhoSpeaksTheProxyProtocolIsWritten) {
  EXPECT_EQ(again(listener("proxy_protocol: {from: [10.0.0.0/8]}")).listeners.at(0).proxy_protocol->from,
            std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_FALSE(again(listener("proxy_protocol: off")).listeners.at(0).proxy_protocol);
  EXPECT_EQ(again(upstream("proxy_protocol: v2")).upstreams.at(0).proxy_protocol, ProxyProtocolVersion::v2);
}

TEST_F(Tls, ConnectionsHaveNoBoundUnlessItIsWritten) {
  EXPECT_EQ(again(listener("max: {connections_per_client: 20}")).listeners.at(0).max.connections_per_client, 20u);
  EXPECT_FALSE(again(listener("max: {connections: unlimited}")).listeners.at(0).max.connections);
}

TEST_F(Tls, AnAdminListenerWithinReachOfOthersMustBeGuarded) {
  const std::string least = kLeast;
  EXPECT_THAT(problem(least + "admin: 0.0.0.0:9901\n"), testing::HasSubstr("needs a token, or tls with client_ca"));
  EXPECT_THAT(problem(least + "admin: {bind: '[::]:9901', tls: {certificates: [{cert: a, key: b}]}}\n"),
              testing::HasSubstr("needs a token"));
  EXPECT_EQ(loaded(least + "admin: {bind: '0.0.0.0:9901', token: secret}\n").admin->token, "secret");
  loaded(least + "admin: {bind: 0.0.0.0:9901, tls: {client_ca: c, certificates: [{cert: a, key: b}]}}\n");
  loaded(least + "admin: 127.0.0.2:9901\n");
}

TEST_F(Tls, ATokenIsNotShown) {
  EXPECT_EQ(to_yaml(loaded(kLeast + std::string("admin: {token: very-secret}\n"))).find("very-secret"),
            std::string::npos);
}

TEST_F(Tls, TheGraceOfADrainCanBeOff) {
  EXPECT_EQ(loaded(kLeast).drain_grace, std::chrono::seconds(5));
  EXPECT_FALSE(again(kLeast + std::string("drain_grace: off\n")).drain_grace);
}

TEST_F(Tls, WhoToBecomeIsANameAndAGroup) {
  EXPECT_EQ(again(kLeast + std::string("user: penstock:www-data\n")).user, "penstock:www-data");
  EXPECT_THAT(problem(kLeast + std::string("user: 'a b'\n")), testing::HasSubstr("must be NAME or NAME:GROUP"));
}

}  // namespace
}  // namespace penstock::conf
