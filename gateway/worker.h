// A worker: one thread, one loop, and its own copy of everything that requests need.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "conf/config.h"
#include "gateway/drain.h"
#include "gateway/io/listener.h"
#include "gateway/io/loop.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/stats.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/downstream.h"
#include "gateway/proxy/view.h"

namespace penstock {

/// Made, started and joined by the control thread. Messages to it are posted to its loop.
class Worker {
 public:
  struct Shared {
    std::shared_ptr<const conf::Config> config;
    std::shared_ptr<const routing::RouteTable> routes;
    std::shared_ptr<filters::LimitTable> limits;
    observe::AccessLog* access_log = nullptr;  ///< null: off
    /// An endpoint of an upstream has failed too many requests in a row. Called on workers' threads.
    std::function<void(std::uint32_t upstream, const health::EndpointRecordPtr& record, health::Failure last)> report;
  };

  Worker(unsigned index, const Shared& shared, std::uint64_t seed);
  ~Worker();

  /// Before start(), in the order of config->listeners. Throws if the address is not to be had. Returns the real
  /// address.
  io::SocketAddress listen(std::size_t listener, const io::SocketAddress& address);
  void start();

  /// Any thread, in the order of what they tell.
  void apply(std::uint32_t upstream, upstream::PlanPtr plan, upstream::FitnessPtr fitness);
  void apply(std::uint32_t upstream, upstream::FitnessPtr fitness);
  /// Any thread: no new connections; those there are end when they can, or after `timeout`. Then `done` is called, on
  /// the worker's thread.
  void drain(conf::milliseconds timeout, std::function<void()> done);
  /// Ends the loop and waits for the thread. Whatever is under way is cut.
  void stop();

  /// Any thread.
  const observe::WorkerStats& stats() const { return stats_; }

 private:
  void run();

  const unsigned index_;
  io::Loop loop_;
  observe::WorkerStats stats_;
  proxy::View view_;
  proxy::Context context_;
  std::vector<proxy::ListenerContext> listener_contexts_;
  std::vector<std::unique_ptr<io::Listener>> listeners_;
  std::unique_ptr<Drain> drain_;
  std::thread thread_;
};

}  // namespace penstock
