// A simulated site: gateways that balance with the real balancers, over endpoints that queue.
//
// Discrete events, seeded: the same settings give the same figures. Time is in nanoseconds, as the balancers have it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "balancers/make_balancer.h"
#include "gateway/base/random.h"

namespace penstock::sim {

using Time = std::uint64_t;
inline constexpr Time kMean = 10'000'000;  ///< mean service time of an endpoint of speed 1: 10 ms

enum class Service { exponential, lognormal, constant };

struct Settings {
  std::uint32_t gateways = 1;
  std::uint32_t endpoints = 10;
  double load = 0.8;                       ///< of what all endpoints carry together while all is well
  Service service = Service::exponential;  ///< mean 1; lognormal: sigma 1
  double zipf = 0;                         ///< keys' skew; 0 = every request has a key of its own
  std::uint32_t keys = 100'000;
  std::uint64_t requests = 200'000;
  std::uint64_t seed = 1;
  balancers::Spec policy;
  bool ejects = true;  ///< gateways take an endpoint out for 10 s after five failures in a row
};

struct Endpoint {
  double speed = 1;
  bool alive = true;  ///< false: connections are refused; what is there already is served
  bool busy = false;
  std::deque<std::uint32_t> waiting;  ///< requests
  std::uint64_t served = 0;
};

/// What came of one run.
struct Outcome {
  std::vector<float> latencies;       ///< in mean service times, in the order of completion, after the warm-up
  std::vector<std::uint64_t> served;  ///< by endpoint, after the warm-up
  std::uint64_t errors = 0;           ///< no endpoint, or a dead one twice
  std::uint64_t refused_tries = 0;    ///< tries at dead endpoints

  double quantile(double q) const;
  /// The most that an endpoint served, against the mean.
  double imbalance() const;
};

/// One run: made, given its changes, run once.
class World {
 public:
  explicit World(const Settings& settings);
  ~World();

  /// At a part (0 … 1) of the run's requests: a change of the endpoints.
  void at(double part, std::function<void(std::vector<Endpoint>&)> change);
  Outcome run();

 private:
  struct Gateway;
  struct Request {
    Time arrived;
    std::uint32_t gateway;
    std::uint32_t endpoint;
  };
  enum class What : std::uint8_t { arrival, completion, way_back };
  struct Event {
    Time at;
    What what;
    std::uint32_t index;  ///< an endpoint, or a request, or a gateway's endpoint
    std::uint32_t gateway;
    bool operator>(const Event& other) const { return at > other.at; }
  };
  struct Change {
    std::uint64_t at_request;
    std::function<void(std::vector<Endpoint>&)> apply;
  };

  void arrive();
  void begin_service(std::uint32_t endpoint);
  void complete(std::uint32_t endpoint);
  void fail(Gateway& gateway, std::uint32_t endpoint);
  void apply_changes();
  Time draw_service(double speed);
  std::uint64_t draw_key();
  double uniform() { return static_cast<double>(random_.next() >> 11) * 0x1p-53; }

  const Settings settings_;
  Random random_;
  Time now_ = 0;
  Time between_;  ///< mean, between two arrivals
  std::uint64_t arrived_ = 0;
  std::vector<Endpoint> endpoints_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  std::vector<Request> requests_;
  std::vector<std::uint32_t> free_requests_;
  std::vector<double> zipf_;  ///< cumulative
  std::vector<Change> changes_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Outcome outcome_;
};

/// The part of the keys of endpoints that stay which go elsewhere, when the last of `endpoints` leaves.
double moved_keys(const balancers::Spec& policy, std::uint32_t endpoints);

}  // namespace penstock::sim
