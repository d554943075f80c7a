// An upstream under more load than it can bear, as a discrete-event simulation on virtual time.
//
// `servers` workers with one FIFO queue before them, exponential service times, open-loop Poisson arrivals, clients
// that leave after `deadline`. A client that leaves frees its place at the gateway, but the upstream still does its
// work.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <queue>
#include <random>
#include <vector>

#include "limiters/latency_sketch.h"
#include "limiters/waiting_room.h"

namespace penstock::limiters {

/// What decides on the limit. A policy per request overrides ended(), one per tick overrides tick().
class LimitPolicy {
 public:
  virtual ~LimitPolicy() = default;
  virtual std::uint32_t limit() const = 0;
  virtual void ended(double /*latency_ns*/, std::uint32_t /*in_flight*/, bool /*timed_out*/) {}
  struct Tick {
    const LatencySketch& latest;
    std::uint32_t peak_in_flight;
    std::uint64_t refused;
  };
  virtual void tick(const Tick&) {}
};

class OverloadSim {
 public:
  static constexpr double kTick = 0.1;

  OverloadSim(LimitPolicy& policy, std::uint64_t seed) : policy_(policy), random_(seed) { set_servers(10); }

  double service = 0.010;   ///< mean, seconds
  double deadline = 0.100;  ///< seconds
  bool room = false;
  double fast_share = 0;  ///< of requests that take 1 ms and no server

  void set_servers(std::size_t count) {
    while (free_at_.size() > count) free_at_.pop();
    while (free_at_.size() < count) free_at_.push(now_);
  }
  double capacity() const { return static_cast<double>(free_at_.size()) / service; }

  struct Report {
    double goodput = 0;  ///< answers in time, as a share of the capacity
    double p99_ms = 0;   ///< of these
    double refused = 0;  ///< share of the requests
    double mean_limit = 0;
    double least_limit = 1e9;
    double most_limit = 0;
  };
  /// Goes on for `seconds` with `load` times the capacity offered.
  Report run(double load, double seconds) {
    begin_report();
    const double end = now_ + seconds;
    const double rate = std::max(load * capacity(), 1e-9);
    double arrival = now_ + exponential(1 / rate);
    while (true) {
      const double next = std::min({arrival, next_tick_, ends_.empty() ? end : ends_.top().at, end});
      now_ = next;
      if (next == end) break;
      if (next == next_tick_) {
        tick();
      } else if (next == arrival) {
        arrive();
        arrival = now_ + exponential(1 / rate);
      } else {
        end_one();
      }
    }
    return finish_report(seconds);
  }

 private:
  struct End {
    double at;
    double began;
    double arrived;
    bool timed_out;
    bool operator>(const End& other) const { return at > other.at; }
  };
  template <class T>
  using Earliest = std::priority_queue<T, std::vector<T>, std::greater<>>;

  double exponential(double mean) { return std::exponential_distribution<double>(1 / mean)(random_); }

  struct Parked : Waiter {
    explicit Parked(double arrived) : at(arrived) {}
    double at;
  };

  void arrive() {
    ++offered_;
    if (in_flight_ < policy_.limit()) return start(now_);
    if (room) return park();
    ++refused_;
    ++tick_refused_;
  }
  void park() {
    if (room_.size() >= kPlaces) send_away_overdue();
    Parked& parked = parked_.emplace_back(now_);
    room_.enter(parked, nanos(now_));
    if (!parked.waiting()) send_away_overdue();
  }
  void send_away_overdue() {
    const auto gone = [&](Parked& each) { return !each.waiting() || each.deadline_ns() <= nanos(now_); };
    const std::size_t count = std::erase_if(parked_, gone);
    refused_ += count;
    tick_refused_ += count;
  }
  void start_waiting() {
    while (in_flight_ < policy_.limit()) {
      auto* parked = static_cast<Parked*>(room_.next(nanos(now_)));
      if (parked == nullptr) return;
      start(parked->at);
      parked_.remove_if([&](const Parked& each) { return &each == parked; });
    }
  }
  static std::uint64_t nanos(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

  /// `arrived`: when the client's patience began; the upstream's latency begins now.
  void start(double arrived) {
    peak_ = std::max(peak_, ++in_flight_);
    const bool fast = std::uniform_real_distribution<double>()(random_) < fast_share;
    const double done = fast ? now_ + 0.001 : served_at();
    const double leaves = std::max(arrived + deadline, now_);
    ends_.push({std::min(done, leaves), now_, arrived, done > leaves});
  }
  double served_at() {
    const double done = std::max(now_, free_at_.top()) + exponential(service);
    free_at_.pop();
    free_at_.push(done);
    return done;
  }
  void end_one() {
    const End end = ends_.top();
    ends_.pop();
    const double latency = (end.at - end.began) * 1e9;
    const auto ns = static_cast<std::uint64_t>(latency);
    latest_.add(ns);
    if (!end.timed_out) {
      ++good_;
      served_.add(nanos(end.at - end.arrived));
    }
    policy_.ended(latency, in_flight_, end.timed_out);
    --in_flight_;
    start_waiting();
  }
  void tick() {
    send_away_overdue();
    policy_.tick({latest_, peak_, tick_refused_});
    latest_.clear();
    peak_ = in_flight_;
    tick_refused_ = 0;
    next_tick_ += kTick;
    start_waiting();
    ++ticks_;
    report_.mean_limit += policy_.limit();
    report_.least_limit = std::min(report_.least_limit, static_cast<double>(policy_.limit()));
    report_.most_limit = std::max(report_.most_limit, static_cast<double>(policy_.limit()));
  }
  void begin_report() {
    report_ = Report();
    served_.clear();
    good_ = offered_ = refused_ = ticks_ = 0;
  }
  Report finish_report(double seconds) {
    report_.goodput = static_cast<double>(good_) / seconds / capacity();
    report_.p99_ms = served_.quantile(0.99) / 1e6;
    report_.refused = offered_ == 0 ? 0 : static_cast<double>(refused_) / static_cast<double>(offered_);
    report_.mean_limit /= static_cast<double>(std::max<std::uint64_t>(ticks_, 1));
    return report_;
  }

  LimitPolicy& policy_;
  std::mt19937_64 random_;
  double now_ = 0;
  double next_tick_ = kTick;
  Earliest<double> free_at_;  ///< when each server is free
  Earliest<End> ends_;
  static constexpr std::size_t kPlaces = 200;
  WaitingRoom room_{{.places = kPlaces}};
  std::list<Parked> parked_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t peak_ = 0;
  std::uint64_t tick_refused_ = 0;
  LatencySketch latest_;

  Report report_;
  LatencySketch served_;
  std::uint64_t good_ = 0;
  std::uint64_t offered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t ticks_ = 0;
};

}  // namespace penstock::limiters
