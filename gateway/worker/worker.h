// A worker: one thread, one loop, and its own copy of everything that requests need.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "conf/config.h"
#include "gateway/io/listener.h"
#include "gateway/io/loop.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/route_book.h"
#include "gateway/observe/stats.h"
#include "gateway/proxy/client/connection_counts.h"
#include "gateway/proxy/client/h1_client.h"
#include "gateway/proxy/context.h"
#include "gateway/proxy/view.h"
#include "gateway/worker/drain.h"
#include "gateway/worker/old_views.h"

namespace penstock {

/// Numbers an upstream at work, in all workers alike; never used again for another.
using ClusterId = std::uint32_t;

/// Made, started and joined by the control thread. All messages may come from any thread; those of one thread are
/// heeded in their order.
class Worker {
 public:
  /// An endpoint of an upstream has failed too many requests in a row. Called on the worker's thread.
  using Report = std::function<void(ClusterId cluster, const health::EndpointRecordPtr& record, health::Failure last)>;

  /// `log_ring`: null: no access log. It outlives the worker.
  Worker(unsigned index, observe::AccessLogRing* log_ring, std::uint64_t seed, Report report);
  ~Worker();

  void start();
  /// Ends the loop and waits for the thread. Whatever is under way is cut.
  void stop();
  /// Any thread: runs it on the worker's, soon, with its time.
  void post(std::function<void(Nanos now)> task);

  // ---- upstreams, which a view is made of
  struct NewCluster {
    ClusterId id;
    std::shared_ptr<const conf::Upstream> config;
    std::shared_ptr<observe::UpstreamStats> stats;
  };
  void add(NewCluster cluster);
  void apply(ClusterId cluster, upstream::PlanPtr plan, upstream::FitnessPtr fitness);
  void apply(ClusterId cluster, upstream::FitnessPtr fitness);
  /// It is no more in the view. Requests that are under way there end as they may.
  void remove(ClusterId cluster);

  // ---- the view
  struct NewView {
    std::shared_ptr<const proxy::Blueprint> blueprint;
    std::vector<ClusterId> clusters;  ///< indexed like the configuration's upstreams
    std::shared_ptr<observe::RouteBook> book;
    std::vector<std::uint32_t> became;  ///< RouteBook::retire() of the view before; empty for the first
  };
  /// New requests begin under it from now on. Those under the view before are ended after its
  /// conf::Config::old_config_timeout.
  void adopt(NewView view);

  // ---- listeners, by the control thread's number for them
  /// One more socket of the listener.
  void listen(std::uint32_t listener, std::shared_ptr<io::ListeningSocket> socket, const proxy::ListenerParts& parts);
  /// New connections are served by these from now on.
  void change(std::uint32_t listener, const proxy::ListenerParts& parts);
  /// Takes what waits in its queue, and no more. Its connections end as they can without losing a request; after
  /// `timeout` the rest is cut.
  void close_listener(std::uint32_t listener, conf::milliseconds timeout);

  /// No new connections; those there are end when they can, or after `timeout`. Then `done` is called, on the worker's
  /// thread.
  void drain(conf::milliseconds timeout, std::function<void()> done);

  /// Any thread.
  const observe::WorkerStats& stats() const { return stats_; }

 private:
  struct Listening {
    proxy::ListenerContextPtr context;
    std::vector<std::unique_ptr<io::Listener>> sockets;
  };

  void run();
  void add_now(const NewCluster& cluster);
  void adopt_now(NewView& view);
  void listen_now(std::uint32_t listener, std::shared_ptr<io::ListeningSocket> socket,
                  const proxy::ListenerParts& parts);

  const unsigned index_;
  const Report report_;
  io::Loop loop_;
  observe::WorkerStats stats_;
  proxy::Context context_;
  OldViews old_views_{context_};
  std::uint64_t views_ = 0;  ///< made so far
  std::unordered_map<ClusterId, std::shared_ptr<upstream::Cluster>> clusters_;
  std::unordered_map<std::uint32_t, Listening> listeners_;
  std::vector<std::unique_ptr<Drain>> closing_;  ///< connections of listeners that have gone
  std::unique_ptr<Drain> drain_;
  std::thread thread_;
};

}  // namespace penstock
