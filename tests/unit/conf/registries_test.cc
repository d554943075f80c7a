// registries, discover, announce and state_dir: what is read, and what is refused.
#include <gmock/gmock.h>

#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Registries : public Loading {
 protected:
  /// One registry, whose kinds begin at line 3, column 18.
  static std::string file(const std::string& kinds) { return kLeast + ("registries: {r: {" + kinds + "}}\n"); }
  Registry registry(const std::string& kinds) const {
    const Config config = loaded(file(kinds));
    return config.registries.empty() ? Registry{} : config.registries[0];
  }
  std::string problem_of(const std::string& kinds) const { return problem(file(kinds)); }
  Registry again(const std::string& kinds) const { return loaded(to_yaml(loaded(file(kinds)))).registries.at(0); }
  void expect_survives(const std::string& kinds) const { EXPECT_EQ(registry(kinds), again(kinds)) << kinds; }
};

TEST_F(Registries, AreNoneByDefault) {
  const Config config = loaded(kLeast);
  EXPECT_TRUE(config.registries.empty());
  EXPECT_TRUE(config.announce.empty());
  EXPECT_EQ(config.state_dir, "");
}

TEST_F(Registries, KnowTheirNames) {
  EXPECT_EQ(registry("dns: {}").name, "r");
}

TEST_F(Registries, AreOfOneKind) {
  const std::string wants = "3:17: r: a registry needs exactly one of zookeeper, consul, etcd, eureka, dns and file; ";
  EXPECT_EQ(problem_of(""), wants + "this has none");
  EXPECT_EQ(problem_of("dns: {}, consul: {}"), wants + "this has 2");
  EXPECT_EQ(problem_of("zookeper: {servers: ['a:1']}"),
            "3:18: r: unknown key \"zookeper\" (did you mean \"zookeeper\"?)");
}

TEST_F(Registries, ZooKeeperNeedsServersAlone) {
  const ZooKeeper zk = registry("zookeeper: {servers: ['ZK1:2181', '[::1]:2182']}").zookeeper.value();
  EXPECT_THAT(zk.servers, ElementsAre("zk1:2181", "[::1]:2182"));
  EXPECT_EQ(zk.root, "/services");
  EXPECT_EQ(zk.layout, ZooKeeperLayout::curator);
  EXPECT_EQ(zk.session_timeout, seconds(10));
  EXPECT_FALSE(zk.auth);
}

TEST_F(Registries, ZooKeeperHasALongForm) {
  const ZooKeeper zk = registry(
                           "zookeeper: {servers: ['a:1'], chroot: /prod, root: /x, layout: plain,"
                           " session_timeout: 5s, auth: {user: u, password: 'p w'}}")
                           .zookeeper.value();
  EXPECT_EQ(zk.chroot, "/prod");
  EXPECT_EQ(zk.root, "/x");
  EXPECT_EQ(zk.layout, ZooKeeperLayout::plain);
  EXPECT_EQ(zk.session_timeout, seconds(5));
  EXPECT_EQ(zk.auth, (Credentials{"u", "p w"}));
}

TEST_F(Registries, TheRootFollowsTheLayout) {
  EXPECT_EQ(registry("zookeeper: {servers: ['a:1'], layout: dubbo}").zookeeper->root, "/dubbo");
  EXPECT_EQ(registry("zookeeper: {servers: ['a:1'], layout: dubbo, root: /services}").zookeeper->root, "/services");
  EXPECT_EQ(registry("zookeeper: {servers: ['a:1'], root: /}").zookeeper->root, "");
}

TEST_F(Registries, WhatZooKeeperCannotUseIsRefused) {
  EXPECT_EQ(problem_of("zookeeper: {}"), "3:29: zookeeper: the key \"servers\" is missing");
  EXPECT_EQ(problem_of("zookeeper: {servers: []}"), "3:39: servers: must not be empty");
  EXPECT_EQ(problem_of("zookeeper: {servers: [a]}"),
            "3:40: servers: must be host:port, [IPv6]:port or unix:/path, is \"a\"");
  EXPECT_EQ(problem_of("zookeeper: {servers: ['unix:/x']}"), "3:40: servers: must be host:port, is \"unix:/x\"");
  EXPECT_EQ(problem_of("zookeeper: {servers: ['a:1', 'a:1']}"), "3:47: servers: \"a:1\" is listed twice");
  for (const char* root : {"services", "/a//b", "/a/", "/a/../b", "/./a", "\"/a\\tb\""})
    EXPECT_THAT(problem_of("zookeeper: {servers: ['a:1'], root: " + std::string(root) + "}"),
                HasSubstr("root: must be an absolute path without empty or dot segments, is "));
  EXPECT_THAT(problem_of("zookeeper: {servers: ['a:1'], layout: curater}"), HasSubstr("(did you mean \"curator\"?)"));
  EXPECT_THAT(problem_of("zookeeper: {servers: ['a:1'], session_timeout: 10ms}"),
              HasSubstr("must be 1s … 1h, is 10ms"));
  EXPECT_THAT(problem_of("zookeeper: {servers: ['a:1'], auth: {user: u}}"), HasSubstr("\"password\" is missing"));
}

TEST_F(Registries, ConsulIsTheAgentOnThisMachine) {
  const Consul consul = registry("consul: {}").consul.value();
  EXPECT_THAT(consul.urls, ElementsAre("http://127.0.0.1:8500"));
  EXPECT_TRUE(consul.stale);
  EXPECT_EQ(consul.wait, seconds(60));
}

TEST_F(Registries, ConsulHasALongForm) {
  const Consul consul = registry(
                            "consul: {url: ['https://a:8501/', 'http://[::1]'], stale: false, datacenter: dc1,"
                            " token: t, wait: 10m, tls: {ca: /ca, cert: /c, key: /k, verify: false}}")
                            .consul.value();
  EXPECT_THAT(consul.urls, ElementsAre("https://a:8501", "http://[::1]"));
  EXPECT_FALSE(consul.stale);
  EXPECT_EQ(consul.datacenter, "dc1");
  EXPECT_EQ(consul.token, "t");
  EXPECT_EQ(consul.wait, seconds(600));
  EXPECT_EQ(consul.tls, (RegistryTls{"/ca", "/c", "/k", false}));
}

TEST_F(Registries, AVariableThatIsNotSetIsNoToken) {
  EXPECT_EQ(registry("consul: {token: \"${CONSUL_TOKEN:-}\"}").consul->token, "");
}

TEST_F(Registries, UrlsAreHttpAlone) {
  const auto told = [&](const std::string& url) { return problem_of("consul: {url: '" + url + "'}"); };
  EXPECT_EQ(told("127.0.0.1:8500"), "3:32: url: must begin with http:// or https://, is \"127.0.0.1:8500\"");
  EXPECT_THAT(told("http://u:p@h"), HasSubstr("without user, query or fragment"));
  EXPECT_THAT(told("http://h?x"), HasSubstr("without user, query or fragment"));
  EXPECT_THAT(told("http://"), HasSubstr("must have a host"));
  EXPECT_THAT(told("http://::1:80"), HasSubstr("must have a host"));
  EXPECT_THAT(told("http://h:0"), HasSubstr("must have a port of 1 … 65535, or none"));
  EXPECT_THAT(problem_of("consul: {url: []}"), HasSubstr("url: must not be empty"));
}

TEST_F(Registries, ACertificateNeedsItsKey) {
  EXPECT_EQ(problem_of("consul: {tls: {cert: /c}}"), "3:32: tls: cert and key belong together; one is missing");
}

TEST_F(Registries, EtcdHasAShortAndALongForm) {
  EXPECT_EQ(registry("etcd: {}").etcd, Etcd{});
  const Etcd etcd = registry("etcd: {url: 'http://e:1', prefix: /p/q, auth: {user: u, password: pw}}").etcd.value();
  EXPECT_THAT(etcd.urls, ElementsAre("http://e:1"));
  EXPECT_EQ(etcd.prefix, "/p/q");
  EXPECT_EQ(etcd.auth, (Credentials{"u", "pw"}));
  EXPECT_EQ(registry("etcd: {prefix: /}").etcd->prefix, "");
}

TEST_F(Registries, EurekaNeedsAUrl) {
  EXPECT_EQ(problem_of("eureka: {}"), "3:26: eureka: the key \"url\" is missing");
  const Eureka eureka = registry("eureka: {url: ['http://a/eureka/', 'http://b/eureka'], interval: 5s}").eureka.value();
  EXPECT_THAT(eureka.urls, ElementsAre("http://a/eureka", "http://b/eureka"));
  EXPECT_EQ(eureka.interval, seconds(5));
  EXPECT_THAT(problem_of("eureka: {url: 'http://a', interval: 1ms}"), HasSubstr("must be 100ms … 10m, is 1ms"));
}

TEST_F(Registries, DnsServersAreAddresses) {
  const Dns dns = registry(
                      "dns: {servers: [10.0.0.2, '10.0.0.3:5353', '::1', '[::1]:53'], min_ttl: 2s, max_ttl: 1m,"
                      " timeout: 500ms}")
                      .dns.value();
  EXPECT_THAT(dns.servers, ElementsAre("10.0.0.2", "10.0.0.3:5353", "::1", "[::1]:53"));
  EXPECT_EQ(dns.min_ttl, seconds(2));
  EXPECT_EQ(dns.max_ttl, seconds(60));
  EXPECT_EQ(dns.timeout.count(), 500);
  EXPECT_EQ(problem_of("dns: {servers: [ns.internal]}"),
            "3:34: servers: must be an IP address with or without a port, is \"ns.internal\"");
  EXPECT_THAT(problem_of("dns: {servers: ['10.0.0.1:0']}"), HasSubstr("must be an IP address"));
}

TEST_F(Registries, TtlsHaveAnOrder) {
  EXPECT_EQ(problem_of("dns: {min_ttl: 1m, max_ttl: 1s}"), "3:23: dns: min_ttl must not be longer than max_ttl");
}

TEST_F(Registries, AFileIsItsPath) {
  EXPECT_EQ(registry("file: /etc/services.yaml").file->path, "/etc/services.yaml");
  EXPECT_EQ(registry("file: {path: services.yaml}").file->path, "services.yaml");
  EXPECT_EQ(problem_of("file: {}"), "3:24: file: the key \"path\" is missing");
}

TEST_F(Registries, SurviveBeingWritten) {
  expect_survives("zookeeper: {servers: ['a:1'], root: /, chroot: '/a$$b', layout: dubbo}");
  expect_survives("zookeeper: {servers: ['a:1'], layout: dubbo}");
  expect_survives("consul: {url: ['http://a', 'http://b'], tls: {}}");
  expect_survives("etcd: {prefix: /}");
  expect_survives("etcd: {url: ['http://a'], tls: {cert: /c, key: /k}}");
  expect_survives("eureka: {url: 'http://a/eureka'}");
  expect_survives("dns: {}");
  expect_survives("dns: {servers: ['::1', '10.0.0.1:53']}");
  expect_survives("file: /f");
}

TEST_F(Registries, SecretsAreNotWritten) {
  const std::string yaml = to_yaml(loaded(file("consul: {token: very-secret}")));
  EXPECT_THAT(yaml, Not(HasSubstr("very-secret")));
  EXPECT_THAT(yaml, HasSubstr("token: \"***\"\n"));
  const std::string zk = to_yaml(loaded(file("zookeeper: {servers: ['a:1'], auth: {user: u, password: hush}}")));
  EXPECT_THAT(zk, Not(HasSubstr("hush")));
  EXPECT_THAT(problem_of("consul: {token: '***'}"), HasSubstr("put the secret back"));
}

class Discovering : public Loading {
 protected:
  /// An upstream that discovers with these keys, in line 8; they begin at column 28.
  static std::string file(const std::string& keys) {
    return std::string(kLeast) +
           "registries:\n  consul: {consul: {}}\n  dns: {dns: {}}\n  dubbo: {zookeeper: {servers: ['a:1'], layout: "
           "dubbo}}"
           "\n  zk: {zookeeper: {servers: ['a:1']}}\nupstreams: {u: {discover: {" +
           keys + "}}}\n";
  }
  Discover discover(const std::string& keys) const {
    const Config config = loaded(file(keys));
    return config.upstreams.empty() ? Discover{} : config.upstreams[0].discover.value_or(Discover{});
  }
  std::string problem_of(const std::string& keys) const { return problem(file(keys)); }
};

TEST_F(Discovering, NeedsARegistryAndAService) {
  const Discover d = discover("registry: zk, service: orders");
  EXPECT_EQ(d.registry, "zk");
  EXPECT_EQ(d.service, "orders");
  EXPECT_EQ(d.shrink_protection, ShrinkProtection{});
  EXPECT_EQ(problem_of("registry: zk"), "8:27: discover: the key \"service\" is missing");
  EXPECT_EQ(problem_of("registry: zkk, service: a"), "8:27: there is no registry \"zkk\" (did you mean \"zk\"?)");
}

TEST_F(Discovering, StandsInPlaceOfEndpoints) {
  EXPECT_TRUE(loaded(file("registry: zk, service: a")).upstreams.at(0).endpoints.empty());
  const std::string registries = std::string(kLeast) + "registries: {d: {dns: {}}}\n";
  EXPECT_EQ(problem(registries + "upstreams: {u: {endpoints: ['a:1'], discover: {registry: d, service: a, port: 1}}}"),
            "4:16: u: needs endpoints or discover; this has both");
  EXPECT_EQ(problem(registries + "upstreams: {u: {pool: {}}}"), "4:16: u: needs endpoints, or discover");
}

TEST_F(Discovering, EachKindOfRegistryHasItsKeys) {
  const Discover consul = discover("registry: consul, service: a, tags: [x, y], datacenter: dc2, only_passing: false");
  EXPECT_THAT(consul.tags, ElementsAre("x", "y"));
  EXPECT_EQ(consul.datacenter, "dc2");
  EXPECT_FALSE(consul.only_passing);
  const Discover dubbo = discover("registry: dubbo, service: a.B, group: g, version: 1.0.0");
  EXPECT_EQ(dubbo.group, "g");
  EXPECT_EQ(dubbo.version, "1.0.0");
  EXPECT_EQ(discover("registry: dns, service: a.b, port: 80").port, 80);
}

TEST_F(Discovering, KeysOfAnotherKindAreRefused) {
  EXPECT_EQ(problem_of("registry: zk, service: a, tags: [x]"),
            "8:27: tags is for a registry of the kind consul, and \"zk\" is another");
  for (const char* key : {"datacenter: dc", "only_passing: false"})
    EXPECT_THAT(problem_of("registry: zk, service: a, " + std::string(key)), HasSubstr("of the kind consul"));
  for (const char* key : {"group: g", "version: v"})
    EXPECT_THAT(problem_of("registry: zk, service: a, " + std::string(key)), HasSubstr("with the layout dubbo"));
  EXPECT_THAT(problem_of("registry: consul, service: a, port: 1"), HasSubstr("of the kind dns"));
}

TEST_F(Discovering, DnsNeedsAPortUnlessSrvRecordsTellIt) {
  EXPECT_EQ(problem_of("registry: dns, service: a"), "8:27: needs a port: only SRV records tell one");
  EXPECT_EQ(problem_of("registry: dns, service: _http._tcp.a, port: 1"), "8:27: port: the SRV records tell it");
  EXPECT_FALSE(discover("registry: dns, service: _http._tcp.a").port);
  EXPECT_EQ(discover("registry: dns, service: 'a.b.', port: 1").service, "a.b.");
}

TEST_F(Discovering, DnsKnowsHostNamesOnly) {
  EXPECT_EQ(problem_of("registry: dns, service: 10.0.0.1, port: 1"),
            "8:27: service: must be a host name, is \"10.0.0.1\"");
  EXPECT_THAT(problem_of("registry: dns, service: a..b, port: 1"), HasSubstr("must be a host name"));
}

TEST_F(Discovering, ShrinkProtectionCanBeSetAndOff) {
  const Discover d = discover("registry: zk, service: a, shrink_protection: {max_removed: 0.2, confirm_after: 1m}");
  EXPECT_EQ(d.shrink_protection, (ShrinkProtection{0.2, seconds(60)}));
  EXPECT_FALSE(discover("registry: zk, service: a, shrink_protection: off").shrink_protection);
  EXPECT_EQ(d.shrink_protection->empty_after, seconds(120));
  EXPECT_EQ(
      discover("registry: zk, service: a, shrink_protection: {empty_after: never}").shrink_protection->empty_after,
      std::nullopt);
}

TEST_F(Discovering, ABrokenRegistryIsOneProblem) {
  const std::string broken = std::string(kLeast) +
                             "registries: {r: {}}\nupstreams: {u: {discover: {registry: r, service: a, port: 1}}}\n"
                             "announce: [{registry: r, service: a, host: h, port: 1}]\n";
  EXPECT_THAT(problem(broken), HasSubstr("this has none"));
}

TEST_F(Discovering, SurvivesBeingWritten) {
  for (const char* keys :
       {"registry: consul, service: a, tags: [x], only_passing: false, shrink_protection: off",
        "registry: zk, service: a, shrink_protection: {empty_after: never}",
        "registry: dubbo, service: a.B, group: g, version: '1.0'", "registry: dns, service: a, port: 80"}) {
    EXPECT_EQ(loaded(to_yaml(loaded(file(keys)))).upstreams.at(0).discover, discover(keys)) << keys;
  }
}

class Announcing : public Loading {
 protected:
  /// One announcement, which begins at line 4, column 11.
  static std::string file(const std::string& keys) {
    return std::string(kLeast) + "registries: {c: {consul: {}}, d: {dns: {}}, f: {file: /f}}\nannounce: [{" + keys +
           "}]\n";
  }
  std::string problem_of(const std::string& keys) const { return problem(file(keys)); }
};

TEST_F(Announcing, HasAShortAndALongForm) {
  const Announce least = loaded(file("registry: c, service: gw, host: 10.0.0.1, port: 80")).announce.at(0);
  EXPECT_EQ(least.host, "10.0.0.1");
  EXPECT_EQ(least.port, 80);
  EXPECT_EQ(least.ttl, seconds(15));
  const Announce a = loaded(file("registry: c, service: gw, host: h, port: 80, weight: 3, zone: z, tags: [t],"
                                 " metadata: {k: v, n: 1}, ttl: 1m"))
                         .announce.at(0);
  EXPECT_EQ(a.weight, 3u);
  EXPECT_EQ(a.zone, "z");
  EXPECT_THAT(a.tags, ElementsAre("t"));
  EXPECT_THAT(a.metadata, ElementsAre(testing::Pair("k", "v"), testing::Pair("n", "1")));
  EXPECT_EQ(a.ttl, seconds(60));
}

TEST_F(Announcing, NeedsARegistryThatTakesIt) {
  EXPECT_EQ(problem_of("registry: d, service: a, host: h, port: 1"),
            "4:12: nobody can be announced in \"d\", which only tells");
  EXPECT_THAT(problem_of("registry: f, service: a, host: h, port: 1"), HasSubstr("nobody can be announced"));
  EXPECT_THAT(problem_of("registry: x, service: a, host: h, port: 1"), HasSubstr("there is no registry \"x\""));
}

TEST_F(Announcing, NeedsAnAddress) {
  EXPECT_EQ(problem_of("registry: c, service: a, port: 1"), "4:12: announce: the key \"host\" is missing");
  EXPECT_THAT(problem_of("registry: c, service: a, host: h, port: 0"), HasSubstr("must be 1 … 65535"));
  EXPECT_THAT(problem_of("registry: c, service: a, host: h:80, port: 80"),
              HasSubstr("must be an IP address or a name"));
}

TEST_F(Announcing, SurvivesBeingWritten) {
  const Config config =
      loaded(file("registry: c, service: gw, host: '::1', port: 80, tags: [t], metadata: {k: 'a$$b'}, ttl: 1m"));
  EXPECT_EQ(loaded(to_yaml(config)).announce, config.announce);
}

TEST_F(Announcing, StateIsKeptBelowAnAbsolutePath) {
  EXPECT_EQ(loaded(std::string(kLeast) + "state_dir: /var/lib/penstock\n").state_dir, "/var/lib/penstock");
  EXPECT_THAT(problem(std::string(kLeast) + "state_dir: here\n"), HasSubstr("state_dir: must be an absolute path"));
}

}  // namespace
}  // namespace penstock::conf
