// Rates in the running gateway: exact over time, the same for any number of workers and connections.
#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds kRun{2.0};
const std::string kNoEnd = "max: { requests_per_connection: 1000000 }";

/// One rate, and what became of the requests under it.
struct Rated {
  int per_second;
  int burst;  ///< more than comes in any pause that the test may make
  int passed = 0;
  bool refused_last = false;
  double lag = 1e9;  ///< in requests: how far `passed` was behind the rate, at the end of the run and at its best
  steady_clock::time_point first_answered{}, last_sent{}, first_sent{}, last_answered{};

  std::string path() const { return "/" + std::to_string(per_second); }
  std::string route() const {
    const std::string rate = std::to_string(per_second);
    return "- { match: { path: " + path() + " }, respond: 204, limits: [{ token_bucket: { rate: " + rate +
           "/s, burst: " + std::to_string(burst) + " } }] }\n";
  }
  /// Ten at once: more than the rate, however slow the machine is.
  void ask(Client& client) {
    constexpr int kAtOnce = 10;
    std::string requests;
    for (int i = 0; i < kAtOnce; ++i) requests += get(path());
    const bool first = first_sent == steady_clock::time_point{};
    last_sent = steady_clock::now();
    if (first) first_sent = last_sent;
    client.send(requests);
    for (int i = 0; i < kAtOnce; ++i) {
      refused_last = client.response().status() == 429;
      passed += !refused_last;
    }
    last_answered = steady_clock::now();
    if (first) first_answered = last_answered;
    const Seconds run = last_sent - first_answered;
    if (refused_last && run > kRun / 2) lag = std::min(lag, burst + per_second * run.count() - 1 - passed);
  }
  /// A bucket that was never full again has let pass its burst and what came in since, to the request. At its best,
  /// because a worker that had to wait for its core in the middle of a turn judges by the time of the turn's beginning.
  void expect_exact() const {
    const double most = burst + per_second * Seconds(last_answered - first_sent).count();
    EXPECT_TRUE(refused_last) << per_second << "/s was not used up";
    // A machine that is busy takes its part: then nobody asks often enough, or the worker's time is old.
    EXPECT_LE(lag, per_second / (kSanitized ? 10.0 : 100.0)) << per_second << "/s";
    EXPECT_LE(passed, most) << per_second << "/s";
  }
};

class Rates : public H1ToH1 {
 protected:
  void run(int workers, std::size_t connections) {
    std::vector<Rated> rates = {{3, 3}, {999, 500}, {1'001, 500}};
    std::string routes;
    for (const Rated& rate : rates) routes += rate.route();
    Gateway gateway(backend,
                    {.listener = kNoEnd, .routes = routes, .top = "workers: " + std::to_string(workers) + "\n"});
    std::deque<Client> clients;
    for (std::size_t i = 0; i < connections; ++i) clients.emplace_back(gateway);
    const auto end = steady_clock::now() + kRun;
    const Deadline patience;
    std::size_t turn = 0;
    while (steady_clock::now() < end || (!all_refused(rates) && !patience.passed())) {
      for (Rated& rate : rates) rate.ask(clients[turn++ % clients.size()]);
    }
    for (const Rated& rate : rates) rate.expect_exact();
  }

 private:
  static bool all_refused(const std::vector<Rated>& rates) {
    return std::all_of(rates.begin(), rates.end(), [](const Rated& rate) { return rate.refused_last; });
  }
};

TEST_F(Rates, AreExactWithOneWorker) {
  run(1, 1);
}

TEST_F(Rates, AreTheSameWithFourWorkers) {
  run(4, 16);
}

TEST_F(Rates, MayBeUsedUpByOneConnection) {
  run(4, 1);
}

TEST_F(Rates, AFloodOfKeysHarmsNoBusyOneAndNeedsNoMemory) {
  Gateway gateway(backend, {.listener = kNoEnd,
                            .routes = "- { match: { path: /key }, respond: 204, limits: [{ token_bucket: { rate: 1/h, "
                                      "burst: 5 }, key: \"header:X-Key\", max_keys: 1000 }] }\n"});
  Client busy(gateway), flood(gateway);
  const auto passes = [&] { return busy.get("/key", "X-Key: busy\r\n").status() == 204; };
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(passes());
  const auto ask_for = [&](int first, int last) {
    constexpr int kAtOnce = 100;
    for (int key = first; key < last; key += kAtOnce) {
      std::string requests;
      for (int i = 0; i < kAtOnce; ++i) requests += get("/key", "X-Key: " + std::to_string(key + i) + "\r\n");
      flood.send(requests);
      for (int i = 0; i < kAtOnce; ++i) flood.response();
    }
  };
  ask_for(0, 8'000);  // the access log's ring, too, is in use from then on
  const std::size_t before = gateway.process().resident_bytes();
  ask_for(8'000, 40'000);
  if (!kSanitized) {
    EXPECT_LT(gateway.process().resident_bytes(), before + (512 << 10));
  }
  EXPECT_TRUE(passes()) << "the fifth of five";
  EXPECT_FALSE(passes());
}

}  // namespace
}  // namespace penstock::e2e
