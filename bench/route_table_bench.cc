// What a match costs, by the number of routes and by the kind of route that is hit; and what it costs to compile them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/routing/route_table.h"

namespace penstock::routing {
namespace {

enum class Kind { exact, prefix, parameter, host, miss };

conf::Route route_for(Kind kind, const std::string& n) {
  conf::Route route;
  switch (kind) {
    case Kind::exact:
      route.match.path = "/api/v1/service-" + n + "/status";
      break;
    case Kind::miss:
    case Kind::prefix:
      route.match.path = "/api/v1/service-" + n + "/*";
      break;
    case Kind::parameter:
      route.match.path = "/api/v1/service-" + n + "/users/{id}/orders";
      break;
    case Kind::host:
      route.match.host = "tenant-" + n + ".example.com";
      break;
  }
  return route;
}

std::string path_for(Kind kind, const std::string& n) {
  switch (kind) {
    case Kind::parameter:
      return "/api/v1/service-" + n + "/users/12345/orders";
    case Kind::miss:
      return "/api/v1/nothing-" + n + "/status";
    default:
      return "/api/v1/service-" + n + "/status";
  }
}

conf::Config config_of(Kind kind, std::int64_t routes) {
  conf::Config config;
  for (std::int64_t i = 0; i < routes; ++i) config.routes.push_back(route_for(kind, std::to_string(i)));
  return config;
}

/// Requests to many routes in a scattered order, so that none of the table stays in the innermost cache for their sake.
/// They stand close together: a real request has just been read, and is at hand.
class Requests {
 public:
  Requests(Kind kind, std::int64_t routes) {
    for (std::int64_t i = 0; i < kRequests; ++i) {
      const std::string n = std::to_string(i * 7919 % routes);
      paths_.push_back(path_for(kind, n));
      hosts_.push_back("tenant-" + n + ".example.com:8080");
    }
    head_.method = http::Method::get;
    head_.method_text = "GET";
  }

  const http::RequestHead& next() {
    next_ = (next_ + 1) % kRequests;
    head_.path = paths_[next_];
    head_.authority = hosts_[next_];
    return head_;
  }

 private:
  static constexpr std::int64_t kRequests = 1024;
  std::vector<std::string> paths_;
  std::vector<std::string> hosts_;
  std::size_t next_ = 0;
  http::RequestHead head_;
};

void match(benchmark::State& state, Kind kind) {
  const conf::Config config = config_of(kind, state.range(0));
  const RouteTable table(config);
  Requests requests(kind, state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(table.match(requests.next()));
}

void compile(benchmark::State& state, Kind kind) {
  const conf::Config config = config_of(kind, state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(RouteTable(config));
}

BENCHMARK_CAPTURE(match, exact, Kind::exact)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(match, prefix, Kind::prefix)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(match, parameter, Kind::parameter)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(match, host, Kind::host)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(match, miss, Kind::miss)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(compile, prefix, Kind::prefix)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile, parameter, Kind::parameter)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace penstock::routing
