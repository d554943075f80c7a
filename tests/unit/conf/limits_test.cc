// limits, priority and rate_limit_headers: what is read, and what is refused.
#include "conf/limit_bounds.h"
#include "conf/limit_kind.h"
#include "limiters/rate_clock.h"
#include "limiters/window_word.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

static_assert(kMostBurst <= limiters::RateClock::kMostRequests);
static_assert(kMostQueued < limiters::RateClock::kMostRequests);
static_assert(kMostInSlidingWindow <= limiters::WindowCounts::kMost);

class Limits : public Loading {
 protected:
  /// A route with these keys, which begin at line 2, column 25.
  static std::string route_file(const std::string& keys) {
    return "listeners: ['127.0.0.1:80']\nroutes: [{respond: 204, " + keys + "}]\n";
  }
  /// A route with this list of limits, which begins at line 2, column 33.
  static std::string file(const std::string& list) { return route_file("limits: " + list); }
  std::vector<Limit> limits(const std::string& list) const { return limits_of(loaded(file(list))); }
  /// The limit alone in the list; then it begins at line 2, column 34.
  Limit limit(const std::string& limit) const {
    const auto all = limits("[" + limit + "]");
    return all.size() == 1 ? all[0] : Limit{};
  }
  std::string problem_of(const std::string& limit) const { return problem(file("[" + limit + "]")); }
  std::string written(const std::string& list) const { return to_yaml(loaded(file(list))); }
  /// As written out and read again.
  Limit again(const std::string& limit) const {
    const auto all = limits_of(loaded(written("[" + limit + "]")));
    return all.size() == 1 ? all[0] : Limit{};
  }
  std::vector<std::string> names(const std::string& list) const {
    std::vector<std::string> names;
    for (const Limit& limit : limits(list)) names.push_back(limit.name);
    return names;
  }

 private:
  static std::vector<Limit> limits_of(const Config& config) {
    return config.routes.empty() ? std::vector<Limit>{} : config.routes[0].limits;
  }
};

TEST_F(Limits, ThereAreNoneUnlessTheyAreWritten) {
  const Config config = loaded(kLeast + std::string("upstreams: {u: {endpoints: ['a:1']}}"));
  EXPECT_TRUE(config.routes.at(0).limits.empty());
  EXPECT_TRUE(config.upstreams.at(0).limits.empty());
  EXPECT_EQ(config.routes.at(0).priority, Priority::normal);
}

TEST_F(Limits, ATokenBucketHasARateAndABurst) {
  const Limit bucket = limit("{token_bucket: {rate: 100/s, burst: 50}}");
  EXPECT_EQ(bucket.kind, LimitKind::token_bucket);
  EXPECT_EQ(bucket.rate, (Rate{100, seconds(1)}));
  EXPECT_EQ(bucket.burst, 50u);
  EXPECT_TRUE(bucket.key.empty());
  EXPECT_TRUE(bucket.enforce);
}

TEST_F(Limits, ARequestCostsNoMoreThanABucketHolds) {
  const std::string upstreams =
      "upstreams: {a: {endpoints: ['a:1'], limits: [{token_bucket: {rate: 9/s, burst: 5}}]}}\n";
  const std::string file = "listeners: ['127.0.0.1:80']\n" + upstreams + "routes: [{upstream: a, cost: ";
  EXPECT_EQ(loaded(to_yaml(loaded(file + "5}]\n"))).routes.at(0).cost, 5u);
  EXPECT_EQ(problem(file + "6}]\n"), "3:30: cost: no request would pass the limit \"token_bucket\", whose burst is 5");
}

TEST_F(Limits, ABurstIsWhatComesInASecondUnlessItIsWritten) {
  EXPECT_EQ(limit("{token_bucket: 100/s}").burst, 100u);
  EXPECT_EQ(limit("{token_bucket: {rate: 6000/m}}").burst, 100u);
  EXPECT_EQ(limit("{token_bucket: 3/2s}").burst, 1u);
  EXPECT_EQ(limit("{token_bucket: 1/d}").burst, 1u);
}

TEST_F(Limits, WindowsHaveALimitAndALength) {
  const Limit sliding = limit("{sliding_window: {limit: 1000, window: 1m}}");
  EXPECT_EQ(sliding.kind, LimitKind::sliding_window);
  EXPECT_EQ(sliding.limit, 1000u);
  EXPECT_EQ(sliding.window, minutes(1));
  const Limit fixed = limit("{fixed_window: {limit: 4000000000, window: 1d}}");
  EXPECT_EQ(fixed.kind, LimitKind::fixed_window);
  EXPECT_EQ(fixed.limit, 4'000'000'000u);
  EXPECT_EQ(fixed.window, hours(24));
}

TEST_F(Limits, ALeakyBucketHasAQueue) {
  const Limit queue = limit("{leaky_bucket: {rate: 50/s, queue: 100, max_wait: 2s}}");
  EXPECT_EQ(queue.kind, LimitKind::leaky_bucket);
  EXPECT_EQ(queue.rate, (Rate{50, seconds(1)}));
  EXPECT_EQ(queue.queue, 100u);
  EXPECT_EQ(queue.max_wait, seconds(2));
  EXPECT_EQ(limit("{leaky_bucket: {rate: 50/s, queue: 0}}").max_wait, seconds(1));
}

TEST_F(Limits, ConcurrencyAndAdaptiveHaveShortForms) {
  EXPECT_EQ(limit("{concurrency: {limit: 200}}").limit, 200u);
  EXPECT_EQ(limit("{concurrency: 200}").limit, 200u);
  EXPECT_EQ(limit("{concurrency: 200}").kind, LimitKind::concurrency);
  EXPECT_EQ(limit("{adaptive: {p99: 250ms}}").p99, milliseconds(250));
  EXPECT_EQ(limit("{adaptive: 250ms}").p99, milliseconds(250));
  EXPECT_EQ(limit("{adaptive: {}}").p99, std::nullopt);
  EXPECT_EQ(limit("{adaptive: {}}").kind, LimitKind::adaptive);
}

TEST_F(Limits, ConcurrencyMayHaveAQueue) {
  const Limit plain = limit("{concurrency: 200}");
  EXPECT_EQ(plain.queue, 0u);
  EXPECT_EQ(plain.order, QueueOrder::fifo);
  const Limit queue = limit("{concurrency: {limit: 200, queue: 100, max_wait: 3s, order: priority}}");
  EXPECT_EQ(queue.queue, 100u);
  EXPECT_EQ(queue.max_wait, seconds(3));
  EXPECT_EQ(queue.order, QueueOrder::priority);
  EXPECT_EQ(problem_of("{concurrency: {limit: 1, queue: 5}, key: path}"),
            "2:70: limits: key is not for a concurrency limit with a queue, which is one for all");
}

TEST_F(Limits, HowLongRequestsWaitForAPlaceDependsOnTheOrder) {
  EXPECT_EQ(limit("{concurrency: {limit: 1, queue: 5}}").max_wait, seconds(1));
  EXPECT_EQ(limit("{concurrency: {limit: 1, queue: 5, order: priority}}").max_wait, milliseconds(100));
}

TEST_F(Limits, AKeyIsOneOrAList) {
  const Limit one = limit("{concurrency: 5, key: 'header:X-Api-Key'}");
  ASSERT_EQ(one.key.size(), 1u);
  EXPECT_EQ(one.key[0].text(), "header:x-api-key");
  EXPECT_EQ(one.max_keys, 100'000u);
  const Limit two = limit("{concurrency: 5, key: [client_ip, path], max_keys: 500}");
  ASSERT_EQ(two.key.size(), 2u);
  EXPECT_EQ(two.key[1].from, RequestKey::From::path);
  EXPECT_EQ(two.max_keys, 500u);
}

TEST_F(Limits, AKeyHasOneToFourParts) {
  EXPECT_EQ(problem_of("{concurrency: 5, key: []}"), "2:56: key: must not be empty");
  EXPECT_EQ(problem_of("{concurrency: 5, key: [path, client_ip, 'query:a', 'query:b', 'query:c']}"),
            "2:56: key: must have at most 4 items, has 5");
  EXPECT_EQ(problem_of("{concurrency: 5, key: ['header:A', 'header:a']}"), "2:69: key: \"header:a\" is listed twice");
  EXPECT_EQ(problem_of("{concurrency: 5, key: ip}"),
            "2:56: key: must be client_ip, path, header:NAME, cookie:NAME or query:NAME, is \"ip\"");
}

TEST_F(Limits, WithoutANameTheyHaveTheirKinds) {
  EXPECT_EQ(names("[{token_bucket: 1/s}, {token_bucket: 9/m}, {adaptive: {}}, {token_bucket: 99/h}]"),
            (std::vector<std::string>{"token_bucket", "token_bucket-2", "adaptive", "token_bucket-3"}));
}

TEST_F(Limits, AWrittenNameIsNotGivenToAnother) {
  EXPECT_EQ(names("[{adaptive: {}}, {concurrency: 1, name: adaptive}, {concurrency: 2, name: a/b}]"),
            (std::vector<std::string>{"adaptive-2", "adaptive", "a/b"}));
  EXPECT_EQ(problem(file("[{adaptive: {}, name: a}, {concurrency: 1, name: a}]")),
            "2:59: limits: \"a\" is listed twice");
}

TEST_F(Limits, EachIsOfExactlyOneKind) {
  EXPECT_EQ(problem_of("{key: path}"),
            "2:34: limits: a limit needs exactly one of token_bucket, sliding_window, fixed_window, leaky_bucket, "
            "concurrency and adaptive; this has none");
  EXPECT_EQ(problem_of("{adaptive: {}, concurrency: 1}"),
            "2:34: limits: a limit needs exactly one of token_bucket, sliding_window, fixed_window, leaky_bucket, "
            "concurrency and adaptive; this has 2");
  EXPECT_EQ(problem_of("{tokenbucket: 1/s}"),
            "2:35: limits: unknown key \"tokenbucket\" (did you mean \"token_bucket\"?)");
}

TEST_F(Limits, AnAdaptiveOneHasNoKey) {
  EXPECT_EQ(problem_of("{adaptive: {}, key: client_ip, max_keys: 100}"),
            "2:49: limits: key is not for adaptive, which has one limit for all");
}

TEST_F(Limits, MaxKeysNeedsAKey) {
  EXPECT_EQ(problem_of("{concurrency: 1, max_keys: 100}"), "2:51: limits: max_keys is for a limit with a key");
  EXPECT_EQ(problem_of("{concurrency: 1, key: path, max_keys: 99}"), "2:72: max_keys: must be 100 … 10000000, is 99");
}

TEST_F(Limits, NumbersOutOfBoundsNameThem) {
  EXPECT_EQ(problem_of("{token_bucket: {rate: 1/s, burst: 0}}"), "2:68: burst: must be 1 … 1000000000, is 0");
  EXPECT_EQ(problem_of("{sliding_window: {limit: 4000001, window: 1m}}"),
            "2:59: limit: must be 1 … 4000000, is 4000001");
  EXPECT_EQ(problem_of("{fixed_window: {limit: 4000000001, window: 1m}}"),
            "2:57: limit: must be 1 … 4000000000, is 4000000001");
  EXPECT_EQ(problem_of("{sliding_window: {limit: 1, window: 500ms}}"), "2:70: window: must be 1s … 24h, is 500ms");
  EXPECT_EQ(problem_of("{fixed_window: {limit: 1, window: 2d}}"), "2:68: window: must be 1s … 24h, is 2d");
  EXPECT_EQ(problem_of("{concurrency: 0}"), "2:48: concurrency: must be 1 … 1000000, is 0");
  EXPECT_EQ(problem_of("{leaky_bucket: {rate: 1/s, queue: 1000001}}"), "2:68: queue: must be 0 … 1000000, is 1000001");
}

TEST_F(Limits, ARateThatIsNoneIsAProblemAtItsPlace) {
  EXPECT_EQ(problem_of("{token_bucket: 100}"),
            "2:49: token_bucket: must be a rate such as 100/s, 6000/m, 1/d or 5/10s, is \"100\"");
  EXPECT_EQ(problem_of("{leaky_bucket: {rate: 0/s, queue: 1}}"),
            "2:56: rate: the number of a rate must be 1 … 1000000, is 0");
}

TEST_F(Limits, WhatAKindNeedsIsAskedFor) {
  EXPECT_EQ(problem_of("{token_bucket: {burst: 5}}"), "2:49: token_bucket: the key \"rate\" is missing");
  EXPECT_EQ(problem_of("{leaky_bucket: {rate: 5/s}}"), "2:49: leaky_bucket: the key \"queue\" is missing");
  EXPECT_EQ(problem_of("{sliding_window: {limit: 5}}"), "2:51: sliding_window: the key \"window\" is missing");
  EXPECT_EQ(problem_of("{concurrency: {}}"), "2:48: concurrency: the key \"limit\" is missing");
}

TEST_F(Limits, AListHoldsEight) {
  std::string list = "[{concurrency: 1}";
  for (int i = 1; i < 8; ++i) list += ", {concurrency: 1}";
  EXPECT_EQ(limits(list + "]").size(), 8u);
  EXPECT_EQ(problem(file(list + ", {concurrency: 1}]")), "2:33: limits: must have at most 8 items, has 9");
}

TEST_F(Limits, AnUpstreamHasThemToo) {
  const Config config =
      loaded(kLeast + std::string("upstreams: {u: {endpoints: ['a:1'], limits: [{adaptive: 5s, enforce: false}]}}"));
  const Limit limit = config.upstreams.at(0).limits.at(0);
  EXPECT_EQ(limit.p99, seconds(5));
  EXPECT_FALSE(limit.enforce);
  EXPECT_FALSE(loaded(to_yaml(config)).upstreams.at(0).limits.at(0).enforce);
}

TEST_F(Limits, EveryKindSurvivesBeingWritten) {
  EXPECT_EQ(again("{token_bucket: {rate: 5/10s, burst: 7}}").rate, (Rate{5, seconds(10)}));
  EXPECT_EQ(again("{token_bucket: {rate: 5/10s, burst: 7}}").burst, 7u);
  EXPECT_EQ(again("{sliding_window: {limit: 9, window: 90s}}").window, seconds(90));
  EXPECT_EQ(again("{fixed_window: {limit: 9, window: 1d}}").limit, 9u);
  EXPECT_EQ(again("{leaky_bucket: {rate: 1/s, queue: 3, max_wait: 5s}}").queue, 3u);
  EXPECT_EQ(again("{leaky_bucket: {rate: 1/s, queue: 3, max_wait: 5s}}").max_wait, seconds(5));
  EXPECT_EQ(again("{concurrency: 200}").limit, 200u);
  EXPECT_EQ(again("{concurrency: {limit: 1, queue: 7, order: priority}}").queue, 7u);
  EXPECT_EQ(again("{concurrency: {limit: 1, queue: 7, order: priority}}").order, QueueOrder::priority);
  EXPECT_EQ(again("{concurrency: {limit: 1, queue: 7, max_wait: 9s}}").max_wait, seconds(9));
  EXPECT_EQ(again("{adaptive: 9ms}").p99, milliseconds(9));
  EXPECT_EQ(again("{adaptive: {}}").p99, std::nullopt);
  EXPECT_EQ(again("{adaptive: {}}").kind, LimitKind::adaptive);
  for (const auto& [name, kind] : kLimitKinds) EXPECT_EQ(name_of(kind), name);
}

TEST_F(Limits, WhatAllHaveSurvivesBeingWritten) {
  const Limit limit = again("{concurrency: 1, key: ['cookie:$a', path], max_keys: 321, name: x, enforce: false}");
  EXPECT_EQ(limit.key.at(0).text(), "cookie:$a");
  EXPECT_EQ(limit.key.at(1).text(), "path");
  EXPECT_EQ(limit.max_keys, 321u);
  EXPECT_EQ(limit.name, "x");
  EXPECT_FALSE(limit.enforce);
}

TEST_F(Limits, OnlyWhatTheKindUsesIsWritten) {
  const std::string yaml = written("[{token_bucket: 60/m, key: [path]}, {adaptive: {}}]");
  EXPECT_NE(yaml.find("    limits:\n"
                      "      - token_bucket:\n"
                      "          rate: 60/m\n"
                      "          burst: 1\n"
                      "        key: path\n"
                      "        max_keys: 100000\n"
                      "        name: token_bucket\n"
                      "        enforce: true\n"
                      "      - adaptive: {}\n"
                      "        name: adaptive\n"
                      "        enforce: true\n"),
            std::string::npos)
      << yaml;
}

TEST_F(Limits, ARouteHasAPriority) {
  const std::vector<std::pair<std::string, Priority>> priorities = {{"critical", Priority::critical},
                                                                    {"default", Priority::normal},
                                                                    {"sheddable", Priority::sheddable},
                                                                    {"background", Priority::background}};
  for (const auto& [word, priority] : priorities) {
    const Config config = loaded(route_file("priority: " + word));
    EXPECT_EQ(config.routes.at(0).priority, priority) << word;
    EXPECT_EQ(loaded(to_yaml(config)).routes.at(0).priority, priority) << word;
  }
  EXPECT_EQ(problem(route_file("priority: normal")),
            "2:35: priority: must be one of critical, default, sheddable, background, is \"normal\"");
}

TEST_F(Limits, TheHeadersAreTheDraftsUnlessToldOtherwise) {
  const auto headers = [&](const std::string& value) {
    return loaded(kLeast + ("rate_limit_headers: " + value)).rate_limit_headers;
  };
  EXPECT_TRUE(loaded(kLeast).rate_limit_headers.draft);
  EXPECT_FALSE(loaded(kLeast).rate_limit_headers.x_ratelimit);
  EXPECT_TRUE(headers("[draft, x_ratelimit]").x_ratelimit);
  EXPECT_TRUE(headers("[draft, x_ratelimit]").draft);
  EXPECT_FALSE(headers("[x_ratelimit]").draft);
  EXPECT_FALSE(headers("off").draft);
  EXPECT_FALSE(headers("off").x_ratelimit);
}

TEST_F(Limits, TheHeadersSurviveBeingWritten) {
  for (const char* value : {"[draft]", "[x_ratelimit]", "[draft, x_ratelimit]", "off"}) {
    const Config config = loaded(kLeast + std::string("rate_limit_headers: ") + value);
    const Config again = loaded(to_yaml(config));
    EXPECT_EQ(again.rate_limit_headers.draft, config.rate_limit_headers.draft) << value;
    EXPECT_EQ(again.rate_limit_headers.x_ratelimit, config.rate_limit_headers.x_ratelimit) << value;
  }
}

TEST_F(Limits, HeadersThatThereAreNotAreAProblem) {
  EXPECT_EQ(problem(kLeast + std::string("rate_limit_headers: [drafts]")),
            "3:22: rate_limit_headers: must be one of draft, x_ratelimit, is \"drafts\" (did you mean \"draft\"?)");
  EXPECT_EQ(problem(kLeast + std::string("rate_limit_headers: [draft, draft]")),
            "3:29: rate_limit_headers: \"draft\" is listed twice");
  EXPECT_EQ(problem(kLeast + std::string("rate_limit_headers: []")), "3:21: rate_limit_headers: must not be empty");
}

}  // namespace
}  // namespace penstock::conf
