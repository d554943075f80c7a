#include "gateway/worker/worker.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace penstock {

Worker::Worker(unsigned index, observe::AccessLogRing* log_ring, std::uint64_t seed, Report report)
    : index_(index), report_(std::move(report)), context_(loop_, stats_, log_ring, index, seed) {
  loop_.on_turn([this](Nanos took) { stats_.loop_lag.observe(took); });
}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), ("worker-" + std::to_string(index_)).c_str());
}

void Worker::post(std::function<void(Nanos now)> task) {
  loop_.post([this, task = std::move(task)] { task(loop_.now()); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void Worker::run() {
  loop_.run();
  // Everything that owns a socket goes while the loop is there to close it.
  drain_.reset();
  closing_.clear();
  listeners_.clear();
  while (proxy::ClientConnection* connection = context_.connections.front()) connection->close(ErrorKind::draining);
  for (auto& [id, cluster] : clusters_) cluster->retire();
  context_.view.reset();
}

// ---- upstreams

void Worker::add(NewCluster cluster) {
  loop_.post([this, cluster = std::move(cluster)] { add_now(cluster); });
}

void Worker::add_now(const NewCluster& cluster) {
  loop_.assert_here();
  const auto report = [this, id = cluster.id](const health::EndpointRecordPtr& record, health::Failure last) {
    report_(id, record, last);
  };
  clusters_.emplace(cluster.id, std::make_shared<upstream::Cluster>(loop_, cluster.config, cluster.stats, index_,
                                                                    context_.random.next(), report));
}

void Worker::apply(ClusterId cluster, upstream::PlanPtr plan, upstream::FitnessPtr fitness) {
  loop_.post([this, cluster, plan = std::move(plan), fitness = std::move(fitness)] {
    if (const auto found = clusters_.find(cluster); found != clusters_.end()) found->second->apply(plan, fitness);
  });
}

void Worker::apply(ClusterId cluster, upstream::FitnessPtr fitness) {
  loop_.post([this, cluster, fitness = std::move(fitness)] {
    if (const auto found = clusters_.find(cluster); found != clusters_.end()) found->second->apply(fitness);
  });
}

void Worker::remove(ClusterId cluster) {
  loop_.post([this, cluster] {
    const auto found = clusters_.find(cluster);
    if (found == clusters_.end()) return;
    found->second->retire();
    clusters_.erase(found);
  });
}

// ---- the view

void Worker::adopt(NewView view) {
  loop_.post([this, view = std::move(view)]() mutable { adopt_now(view); });
}

void Worker::adopt_now(NewView& view) {
  loop_.assert_here();
  proxy::View::Clusters clusters;
  for (const ClusterId id : view.clusters) clusters.push_back(clusters_.at(id));
  if (context_.view) {
    context_.view->book->retire(view.book, std::move(view.became));
    old_views_.replaced(context_.view->number, view.blueprint->config->old_config_timeout);
  }
  context_.view = proxy::ViewRef(loop_, std::make_unique<proxy::View>(std::move(view.blueprint), std::move(clusters),
                                                                      std::move(view.book), ++views_));
}

// ---- listeners

void Worker::listen(std::uint32_t listener, std::shared_ptr<io::ListeningSocket> socket,
                    const proxy::ListenerParts& parts) {
  loop_.post([this, listener, socket = std::move(socket), parts] { listen_now(listener, socket, parts); });
}

void Worker::listen_now(std::uint32_t listener, std::shared_ptr<io::ListeningSocket> socket,
                        const proxy::ListenerParts& parts) {
  loop_.assert_here();
  if (drain_) return;
  Listening& listening = listeners_[listener];
  if (!listening.context) listening.context = std::make_shared<proxy::ListenerContext>(parts);
  listening.sockets.push_back(std::make_unique<io::Listener>(
      loop_, std::move(socket),
      [this, &listening](int fd, const io::PeerAddress& peer) {
        proxy::H1Client::accept(context_, listening.context, fd, peer);
      },
      [this](int) { stats_.accept_errors.add(); }));
}

void Worker::change(std::uint32_t listener, const proxy::ListenerParts& parts) {
  loop_.post([this, listener, parts] {
    const auto found = listeners_.find(listener);
    if (found == listeners_.end()) return;
    proxy::ListenerContextPtr& context = found->second.context;
    const auto next = std::make_shared<proxy::ListenerContext>(parts);
    next->closing = context->closing;
    context = next;
  });
}

void Worker::close_listener(std::uint32_t listener, conf::milliseconds timeout) {
  loop_.post([this, listener, timeout] {
    const auto found = listeners_.find(listener);
    if (found == listeners_.end()) return;
    for (const auto& socket : found->second.sockets) socket->accept_pending();
    const std::shared_ptr<bool> closing = found->second.context->closing;
    listeners_.erase(found);
    *closing = true;
    std::erase_if(closing_, [](const auto& drain) { return drain->over(); });
    closing_.push_back(std::make_unique<Drain>(
        context_, timeout, [] {},
        [closing](const proxy::ClientConnection& connection) { return connection.listener_closing() == closing; }));
  });
}

void Worker::drain(conf::milliseconds timeout, std::function<void()> done) {
  loop_.post([this, timeout, done = std::move(done)]() mutable {
    if (drain_) return;
    for (auto& [id, listening] : listeners_) {
      for (const auto& socket : listening.sockets) socket->accept_pending();
    }
    listeners_.clear();
    context_.draining = true;
    drain_ = std::make_unique<Drain>(context_, timeout, std::move(done));
  });
}

}  // namespace penstock
