// What is wrong with a file, and where.
#include "conf/problems.h"

#include <gmock/gmock.h>

#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using testing::ElementsAre;

class FileProblems : public Loading {
 protected:
  /// The only problem of an otherwise sound file with these lines, the first of which is line 3.
  std::string problem_of(const std::string& lines) const { return problem(kLeast + lines); }

  /// The same with an upstream "orders" on line 2; the routes begin on line 4.
  std::vector<std::string> problems_of_routes(const std::string& routes) const {
    return problems("listeners: ['127.0.0.1:80']\nupstreams: {orders: {endpoints: ['a:1']}}\nroutes:\n" + routes);
  }
};

TEST_F(FileProblems, AllAreToldInTheOrderOfTheFile) {
  EXPECT_THAT(problems("routes:\n"
                       "  - upstream: ordes\n"
                       "upstreams:\n"
                       "  orders: { endpoints: [{address: 'a:1', wieght: 2}] }\n"
                       "workers: 0\n"),
              ElementsAre("1:1: the key \"listeners\" is missing",
                          "2:15: there is no upstream \"ordes\" (did you mean \"orders\"?)",
                          "4:42: endpoints: unknown key \"wieght\" (did you mean \"weight\"?)",
                          "5:10: workers: must be 1 … 1024, is 0"));
}

TEST_F(FileProblems, TheTextNamesFileLineAndColumn) {
  EXPECT_EQ((Problem{"f.yaml", 3, 7, "m"}).text(), "f.yaml:3:7: m");
  EXPECT_EQ((Problem{"f.yaml", 0, 0, "m"}).text(), "f.yaml: m");
}

TEST_F(FileProblems, ThePartsToComeAreUnknownKeys) {
  for (const char* key : {"tls", "limits", "retry"}) {
    EXPECT_EQ(problem_of(key + std::string(": {}")), "3:1: unknown key \"" + std::string(key) + "\"");
  }
}

TEST_F(FileProblems, AnUnknownPolicyIsToldTheKnownOnes) {
  EXPECT_EQ(problem_of("upstreams: {u: {endpoints: ['a:1'], balancer: roundrobin}}"),
            "3:47: balancer: must be one of round_robin, smooth_weighted_round_robin, random, weighted_random, "
            "least_connections, peak_ewma, consistent_hash, maglev, source_hash, is \"roundrobin\" (did you mean "
            "\"round_robin\"?)");
}

TEST_F(FileProblems, AMisspeltFormatIsToldTheRightOne) {
  EXPECT_EQ(problem_of("access_log: {path: stdout, format: jsno}"),
            "3:36: format: must be one of json, combined, is \"jsno\" (did you mean \"json\"?)");
}

TEST_F(FileProblems, AKeyWithoutAValueIsNotADefault) {
  EXPECT_EQ(problem_of("upstreams:\nworkers: 1"), "4:1: upstreams: has no value");
}

TEST_F(FileProblems, TheWrongKindOfValueIsSaidSo) {
  EXPECT_EQ(problem_of("log: [info]"), "3:6: log: must be a map of keys, is a list");
  EXPECT_EQ(problem_of("trusted_proxies: 10.0.0.0/8"), "3:18: trusted_proxies: must be a list, is a single value");
  EXPECT_EQ(problem_of("drain_timeout: {s: 5}"), "3:16: drain_timeout: must be a single value, is a map");
}

TEST_F(FileProblems, ListenersAndRoutesAreNeeded) {
  EXPECT_THAT(problems("log: info\n"),
              ElementsAre("1:1: the key \"listeners\" is missing", "1:1: the key \"routes\" is missing"));
  EXPECT_THAT(problems("listeners: []\nroutes: []\n"),
              ElementsAre("1:12: listeners: must not be empty", "2:9: routes: must not be empty"));
}

TEST_F(FileProblems, AnAddressIsTakenOnce) {
  EXPECT_EQ(problem("listeners: ['127.0.0.1:80', {bind: '127.0.0.1:80'}]\nroutes: [{respond: 204}]\n"),
            "1:29: listeners: \"127.0.0.1:80\" is listed twice");
  EXPECT_EQ(problem_of("admin: 127.0.0.1:80"), "3:8: admin: listens where a listener does, on 127.0.0.1:80");
  EXPECT_EQ(problem_of("upstreams: {u: {endpoints: ['a:1', 'A:1']}}"), "3:36: endpoints: \"a:1\" is listed twice");
}

TEST_F(FileProblems, ARouteDoesExactlyOneThing) {
  EXPECT_THAT(problems_of_routes("  - id: a\n"),
              ElementsAre("4:5: routes: a route needs exactly one of upstream, respond and redirect; this has none"));
  EXPECT_THAT(problems_of_routes("  - {upstream: orders, respond: 204}\n"),
              ElementsAre("4:5: routes: a route needs exactly one of upstream, respond and redirect; this has 2"));
}

TEST_F(FileProblems, TimeoutsNeedAnUpstream) {
  EXPECT_THAT(problems_of_routes("  - {respond: 204, timeouts: {total: 1s}}\n"),
              ElementsAre("4:5: routes: timeouts are for a route with an upstream"));
}

TEST_F(FileProblems, TwoRoutesCannotMatchTheSame) {
  EXPECT_THAT(problems_of_routes("  - {match: {path: '/{a}', methods: [GET, PUT]}, upstream: orders}\n"
                                 "  - {match: {path: '/{b}', methods: [PUT, get]}, respond: 204}\n"),
              ElementsAre("5:5: this route has the same match as the route \"get-put-a\" on line 4"));
}

TEST_F(FileProblems, AMatchThatIsWrongItselfIsNotComparedWithOthers) {
  EXPECT_THAT(problems_of_routes("  - {match: {path: x}, upstream: orders}\n  - upstream: orders\n"),
              ElementsAre("4:20: path: must begin with /, is \"x\""));
}

TEST_F(FileProblems, IdsAreUnique) {
  EXPECT_THAT(problems_of_routes("  - {id: a, upstream: orders}\n  - {id: a, match: {path: /}, upstream: orders}\n"),
              ElementsAre("5:10: another route has the id \"a\" already"));
}

TEST_F(FileProblems, AnIdThatMetricsNeedIsTaken) {
  EXPECT_THAT(problems_of_routes("  - {id: none, upstream: orders}\n"),
              ElementsAre("4:10: the id \"none\" stands for requests without a route in the metrics"));
}

TEST_F(FileProblems, AHeaderIsMatchedOnceWhateverItsCase) {
  EXPECT_THAT(problems_of_routes("  - {match: {headers: {x-env: a, X-Env: b}}, upstream: orders}\n"),
              ElementsAre("4:34: X-Env: stands here twice, in another case of letters"));
}

TEST_F(FileProblems, AnAnswerWithoutABodyHasNone) {
  EXPECT_THAT(problems_of_routes("  - respond: {status: 204, body: x}\n"),
              ElementsAre("4:14: respond: an answer with status 204 has no body"));
}

TEST_F(FileProblems, ARedirectHasARedirectsStatus) {
  EXPECT_THAT(problems_of_routes("  - redirect: {to: /, status: 304}\n"),
              ElementsAre("4:31: status: must be one of 301, 302, 303, 307, 308, is \"304\" (did you mean \"301\"?)"));
}

TEST(ProblemList, HasAnEndButCountsOn) {
  Problems problems("f");
  for (int i = 0; i < 500; ++i) problems.add({i + 1, 1}, "x");
  EXPECT_EQ(problems.count(), 500u);
  EXPECT_EQ(problems.take().size(), Problems::kMost);
}

}  // namespace
}  // namespace penstock::conf
