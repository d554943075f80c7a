// balancer, sticky, slow_start, subset, panic_threshold, zone and priority: what is read, and what is refused.
#include "conf/balancer_policy.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using std::chrono::seconds;

class Balancing : public Loading {
 protected:
  /// An upstream with these keys, which begin at line 3, column 36.
  static std::string file(const std::string& keys) {
    return kLeast + ("upstreams: {u: {endpoints: ['a:1'], " + keys + "}}");
  }
  Upstream upstream(const std::string& keys) const {
    const Config config = loaded(file(keys));
    return config.upstreams.empty() ? Upstream{} : config.upstreams[0];
  }
  std::string problem_of(const std::string& keys) const { return problem(file(keys)); }
  Balancer again(const std::string& keys) const { return loaded(to_yaml(loaded(file(keys)))).upstreams.at(0).balancer; }
  std::string written(const std::string& keys) const { return to_yaml(loaded(file(keys))); }
};

TEST_F(Balancing, TheDefaultIsSmoothWeightedRoundRobin) {
  const Upstream u = upstream("pool: {}");
  EXPECT_EQ(u.balancer.policy, BalancerPolicy::smooth_weighted_round_robin);
  EXPECT_FALSE(u.sticky);
  EXPECT_EQ(u.slow_start->window, seconds(2));
  EXPECT_FALSE(u.subset);
  EXPECT_EQ(u.panic_threshold, 0);
}

TEST_F(Balancing, EveryPolicyHasAShortForm) {
  EXPECT_EQ(std::size(kBalancerPolicies), 9u);
  for (const auto& [name, policy] : kBalancerPolicies) {
    EXPECT_EQ(upstream("balancer: " + std::string(name)).balancer.policy, policy) << name;
    EXPECT_EQ(name_of(policy), name);
  }
}

TEST_F(Balancing, AHashingPolicyIsKeyedByTheClientUnlessItIsTold) {
  EXPECT_EQ(upstream("balancer: maglev").balancer.key, RequestKey{});
  const Balancer b = upstream(
                         "balancer: {policy: consistent_hash, key: 'header:X-User', virtual_nodes: 40, bounded_load: "
                         "1.25}")
                         .balancer;
  EXPECT_EQ(b.key.text(), "header:x-user");
  EXPECT_EQ(b.virtual_nodes, 40u);
  EXPECT_EQ(b.bounded_load, 1.25);
}

TEST_F(Balancing, TheOtherPoliciesHaveKeysOfTheirOwn) {
  EXPECT_TRUE(upstream("balancer: {policy: source_hash, consistent: true}").balancer.consistent);
  EXPECT_EQ(upstream("balancer: {policy: peak_ewma, decay: 3s}").balancer.decay, seconds(3));
}

TEST_F(Balancing, AKeyThatThePolicyDoesNotUseIsAProblem) {
  EXPECT_EQ(problem_of("balancer: {policy: maglev, bounded_load: 1.25}"),
            "3:64: balancer: bounded_load is for consistent_hash, not for maglev");
  EXPECT_EQ(problem_of("balancer: {key: path}"),
            "3:48: balancer: key is for consistent_hash and maglev, not for smooth_weighted_round_robin");
  EXPECT_EQ(problem_of("balancer: {policy: random, decay: 1s}"),
            "3:64: balancer: decay is for peak_ewma, not for random");
  EXPECT_EQ(problem_of("balancer: {policy: random, consistent: true}"),
            "3:64: balancer: consistent is for source_hash, not for random");
  EXPECT_EQ(problem_of("balancer: {policy: random, virtual_nodes: 1}"),
            "3:64: balancer: virtual_nodes is for consistent_hash, not for random");
}

TEST_F(Balancing, ABoundIsAboveTheMean) {
  EXPECT_EQ(problem_of("balancer: {policy: consistent_hash, bounded_load: 1}"),
            "3:87: bounded_load: must be 1.01 … 10, is 1");
}

TEST_F(Balancing, OnlyWhatThePolicyUsesIsWritten) {
  EXPECT_EQ(written("balancer: random").find("virtual_nodes"), std::string::npos);
  EXPECT_NE(written("balancer: maglev").find("policy: maglev\n      key: client_ip\n    slow_start"), std::string::npos)
      << written("balancer: maglev");
  EXPECT_EQ(written("balancer: consistent_hash").find("bounded_load"), std::string::npos);
}

TEST_F(Balancing, SurvivesBeingWritten) {
  const Balancer hash =
      again("balancer: {policy: consistent_hash, key: 'cookie:$a', virtual_nodes: 7, bounded_load: 1.1}");
  EXPECT_EQ(hash.key.text(), "cookie:$a");
  EXPECT_EQ(hash.virtual_nodes, 7u);
  EXPECT_EQ(hash.bounded_load, 1.1);
  EXPECT_TRUE(again("balancer: {policy: source_hash, consistent: true}").consistent);
  EXPECT_EQ(again("balancer: {policy: peak_ewma, decay: 3s}").decay, seconds(3));
}

TEST_F(Balancing, EndpointsHaveAPriorityAndTheGatewayAZone) {
  const Config config = loaded(std::string(kLeast) +
                               "zone: eu-1\nupstreams: {u: {endpoints: ['a:1', {address: 'b:1', priority: 127}]}}\n");
  EXPECT_EQ(config.zone, "eu-1");
  EXPECT_EQ(config.upstreams.at(0).endpoints.at(0).priority, 0u);
  EXPECT_EQ(config.upstreams.at(0).endpoints.at(1).priority, 127u);
  EXPECT_EQ(loaded(to_yaml(config)).zone, "eu-1");
  EXPECT_EQ(loaded(to_yaml(config)).upstreams.at(0).endpoints.at(1).priority, 127u);
}

TEST_F(Balancing, ACookiesNameIsEnoughForSticky) {
  const Sticky sticky = upstream("sticky: at").sticky.value();
  EXPECT_EQ(sticky.cookie, "at");
  EXPECT_EQ(sticky.secret, "");
  EXPECT_EQ(sticky.path, "/");
  EXPECT_FALSE(sticky.max_age);
  EXPECT_FALSE(sticky.secure);
  EXPECT_EQ(sticky.same_site, SameSite::lax);
}

TEST_F(Balancing, StickyHasALongForm) {
  const Sticky sticky = upstream(
                            "sticky: {cookie: at, secret: 0123456789abcdef, path: /a, max_age: 720h, secure: true, "
                            "same_site: none}")
                            .sticky.value();
  EXPECT_EQ(sticky.secret, "0123456789abcdef");
  EXPECT_EQ(sticky.path, "/a");
  EXPECT_EQ(sticky.max_age, std::chrono::hours(720));
  EXPECT_TRUE(sticky.secure);
  EXPECT_EQ(sticky.same_site, SameSite::none);
}

TEST_F(Balancing, ASecretIsNeverWrittenAndNeverTold) {
  const std::string yaml = written("sticky: {cookie: at, secret: 0123456789abcdef}");
  EXPECT_EQ(yaml.find("0123"), std::string::npos);
  EXPECT_NE(yaml.find("secret: \"***\"\n"), std::string::npos) << yaml;
  EXPECT_EQ(problem_of("sticky: {cookie: at, secret: hunter2}"), "3:66: secret: must have at least 16 characters");
}

TEST_F(Balancing, WhatIsWrittenForASecretIsNotTakenForOne) {
  EXPECT_EQ(problems(written("sticky: {cookie: at, secret: 0123456789abcdef}")).size(), 1u);
}

TEST_F(Balancing, ASecretsCharactersAreCountedNotItsBytes) {
  EXPECT_EQ(
      problem_of("sticky: {cookie: at, secret: \xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc}"),
      "3:66: secret: must have at least 16 characters");
}

TEST_F(Balancing, ACookieThatBrowsersWouldDropIsAProblem) {
  EXPECT_EQ(problem_of("sticky: {cookie: at, same_site: none}"), "3:69: sticky: same_site: none needs secure: true");
  EXPECT_EQ(problem_of("sticky: {cookie: __Secure-at}"),
            "3:45: sticky: a cookie with the name \"__Secure-at\" needs secure: true");
  EXPECT_EQ(problem_of("sticky: {cookie: __Host-at, secure: true, path: /a}"),
            "3:45: sticky: a cookie with the name \"__Host-at\" needs path: /");
  EXPECT_EQ(problem_of("sticky: __Host-at"), "3:45: sticky: a cookie with the name \"__Host-at\" needs secure: true");
}

TEST_F(Balancing, ACookieLivesForWholeSeconds) {
  EXPECT_EQ(problem_of("sticky: {cookie: at, max_age: 1500ms}"), "3:67: sticky: max_age: must be whole seconds");
  EXPECT_EQ(problem_of("sticky: {cookie: at, max_age: 9601h}"), "3:67: max_age: must be 1s … 9600h, is 9601h");
}

TEST_F(Balancing, SlowStartIsAWindowAMapOrOff) {
  EXPECT_EQ(upstream("slow_start: 30s").slow_start->window, seconds(30));
  EXPECT_EQ(upstream("slow_start: 30s").slow_start->min_share, 0.1);
  EXPECT_FALSE(upstream("slow_start: off").slow_start);
  const SlowStart slow = upstream("slow_start: {min_share: 0.3, aggression: 1.5}").slow_start.value();
  EXPECT_EQ(slow.window, seconds(2));
  EXPECT_EQ(slow.min_share, 0.3);
  EXPECT_EQ(slow.aggression, 1.5);
}

TEST_F(Balancing, ASubsetNeedsItsSizeAndTheGatewaysNumber) {
  const Subset subset = upstream("subset: {size: 20, gateway: 3}").subset.value();
  EXPECT_EQ(subset.size, 20u);
  EXPECT_EQ(subset.gateway, 3u);
  EXPECT_EQ(problem_of("subset: {size: 20}"), "3:45: subset: the key \"gateway\" is missing");
  EXPECT_EQ(problem_of("subset: {size: 0, gateway: 0}"), "3:52: size: must be 1 … 1000000, is 0");
}

TEST_F(Balancing, ThePanicThresholdIsARatio) {
  EXPECT_EQ(upstream("panic_threshold: 0.5").panic_threshold, 0.5);
  EXPECT_EQ(problem_of("panic_threshold: 50"), "3:54: panic_threshold: must be 0 … 1, is 50");
}

TEST_F(Balancing, RatiosAreWrittenAsTheyWereRead) {
  const std::string yaml = written("slow_start: {min_share: 0.3, aggression: 1}, panic_threshold: 0.1");
  EXPECT_NE(yaml.find("min_share: 0.3\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("aggression: 1\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("panic_threshold: 0.1\n"), std::string::npos) << yaml;
}

}  // namespace
}  // namespace penstock::conf
