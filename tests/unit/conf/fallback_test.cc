// A route's fallback and priority_header: what is read, and what is refused.
#include "conf/priority_name.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

class Fallbacks : public Loading {
 protected:
  /// A route to upstream a with this fallback, which begins at line 3, column 34.
  static std::string file(const std::string& fallback) {
    return "listeners: ['127.0.0.1:80']\n"
           "upstreams: {a: {endpoints: ['a:1']}, b: {endpoints: ['b:1']}}\n"
           "routes: [{upstream: a, fallback: " +
           fallback + "}]\n";
  }
  Fallback read(const std::string& fallback) const { return of(loaded(file(fallback))); }
  Fallback again(const std::string& fallback) const { return of(loaded(to_yaml(loaded(file(fallback))))); }

 private:
  static Fallback of(const Config& config) {
    if (config.routes.empty() || !config.routes[0].fallback) return {};
    return *config.routes[0].fallback;
  }
};

TEST_F(Fallbacks, ARouteHasNoneUnlessItIsWritten) {
  EXPECT_FALSE(loaded(kLeast).routes.at(0).fallback);
}

TEST_F(Fallbacks, ItIsAFixedAnswer) {
  const Fallback fallback = read("{respond: {status: 200, body: '[]', content_type: application/json}}");
  ASSERT_TRUE(fallback.respond);
  EXPECT_EQ(fallback.respond->body, "[]");
  EXPECT_EQ(read("{respond: 204}").respond->status, 204);
}

TEST_F(Fallbacks, OrAnotherUpstream) {
  EXPECT_EQ(read("{upstream: b}").upstream, 1u);
  EXPECT_EQ(again("{upstream: b}").upstream, 1u);
}

TEST_F(Fallbacks, IsForAllThatIsNotTheClientsFaultUnlessToldOtherwise) {
  using enum FallbackCause;
  EXPECT_EQ(read("{upstream: b}").on, (std::vector{overload, circuit_open, no_endpoint, failure}));
  EXPECT_EQ(read("{upstream: b, on: [rate_limit]}").on, std::vector{rate_limit});
  EXPECT_EQ(again("{respond: 200, on: [failure, overload]}").on, (std::vector{failure, overload}));
}

TEST_F(Fallbacks, ThereIsOneNotTwo) {
  EXPECT_EQ(problem(file("{upstream: b, respond: 200}")),
            "3:34: fallback: a fallback needs exactly one of respond and upstream; this has both");
  EXPECT_EQ(problem(file("{on: [failure]}")),
            "3:34: fallback: a fallback needs exactly one of respond and upstream; this has none");
}

TEST_F(Fallbacks, TheUpstreamMustBeThereAndAnother) {
  EXPECT_EQ(problem(file("{upstream: bb}")), "3:45: there is no upstream \"bb\" (did you mean \"b\"?)");
  EXPECT_EQ(problem(file("{upstream: a}")), "3:45: fallback: must be another upstream than the route's");
}

TEST_F(Fallbacks, ACauseThatThereIsNotIsAProblem) {
  EXPECT_EQ(problem(file("{upstream: b, on: [overloaded]}")),
            "3:53: on: must be one of rate_limit, overload, circuit_open, no_endpoint, failure, is \"overloaded\" (did "
            "you mean \"overload\"?)");
}

class PriorityHeader : public Loading {
 protected:
  std::string header(const std::string& value) const {
    return loaded(kLeast + ("priority_header: " + value)).priority_header;
  }
};

TEST_F(PriorityHeader, IsOffUnlessItIsWritten) {
  EXPECT_EQ(loaded(kLeast).priority_header, "");
  EXPECT_EQ(header("off"), "");
  EXPECT_EQ(loaded(to_yaml(loaded(kLeast))).priority_header, "");
}

TEST_F(PriorityHeader, IsAFieldsName) {
  EXPECT_EQ(header("X-Priority"), "x-priority");
  EXPECT_EQ(loaded(to_yaml(loaded(kLeast + std::string("priority_header: X-Priority")))).priority_header, "x-priority");
  EXPECT_NE(problem(kLeast + std::string("priority_header: 'a b'")).find("priority_header"), std::string::npos);
}

TEST_F(PriorityHeader, IsNoneThatSaysHowToReadAMessage) {
  EXPECT_EQ(problem(kLeast + std::string("priority_header: Host")), "3:18: priority_header: can't be \"Host\"");
}

TEST_F(PriorityHeader, ItsValuesAreTheClassesOfRoutes) {
  for (const auto& [name, priority] : kPriorities) EXPECT_EQ(priority_named(name), priority);
  EXPECT_EQ(priority_named("normal"), std::nullopt);
}

}  // namespace
}  // namespace penstock::conf
