#include "gateway/worker.h"

#include <pthread.h>

#include <string>

namespace penstock {
namespace {

CidrSet parse_blocks(const std::vector<std::string>& texts) {
  CidrSet blocks;
  for (const std::string& text : texts) {
    if (const auto block = Cidr::parse(text)) blocks.add(*block);
  }
  return blocks;
}

}  // namespace

Worker::Worker(unsigned index, const Shared& shared, std::uint64_t seed)
    : index_(index),
      stats_(shared.config->routes.size(), shared.config->upstreams.size()),
      view_{shared.config,
            shared.routes,
            proxy::make_route_actions(*shared.config),
            shared.limits,
            parse_blocks(shared.config->trusted_proxies),
            {}},
      context_(loop_, view_, stats_, shared.access_log ? &shared.access_log->ring(index) : nullptr, index, seed) {
  for (std::uint32_t i = 0; i < shared.config->upstreams.size(); ++i) {
    view_.clusters.push_back(std::make_unique<upstream::Cluster>(
        loop_, shared.config->upstreams[i], stats_.upstreams[i], index, context_.random.next(),
        [report = shared.report, i](const health::EndpointRecordPtr& record, health::Failure last) {
          report(i, record, last);
        }));
  }
  for (const conf::Listener& listener : shared.config->listeners) {
    listener_contexts_.push_back(
        {&listener, {listener.max.request_line, listener.max.header_bytes, listener.max.header_fields}});
  }
  loop_.on_turn([this](Nanos took) { stats_.loop_lag.observe(took); });
}

Worker::~Worker() {
  stop();
}

io::SocketAddress Worker::listen(std::size_t listener, const io::SocketAddress& address) {
  const proxy::ListenerContext& context = listener_contexts_[listener];
  listeners_.push_back(std::make_unique<io::Listener>(
      loop_, address,
      [this, &context](int fd, const io::PeerAddress& peer) { proxy::Downstream::accept(context_, context, fd, peer); },
      [this](int) { stats_.accept_errors.add(); }));
  return listeners_.back()->address();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), ("worker-" + std::to_string(index_)).c_str());
}

void Worker::run() {
  loop_.run();
  // Everything that owns a socket goes while the loop is there to close it.
  drain_.reset();
  listeners_.clear();
  while (proxy::Downstream* connection = context_.connections.front()) connection->close(ErrorKind::draining);
  for (auto& cluster : view_.clusters) cluster->retire();
}

void Worker::apply(std::uint32_t upstream, upstream::PlanPtr plan, upstream::FitnessPtr fitness) {
  loop_.post([this, upstream, plan = std::move(plan), fitness = std::move(fitness)] {
    view_.clusters[upstream]->apply(plan, fitness);
  });
}

void Worker::apply(std::uint32_t upstream, upstream::FitnessPtr fitness) {
  loop_.post([this, upstream, fitness = std::move(fitness)] { view_.clusters[upstream]->apply(fitness); });
}

void Worker::drain(conf::milliseconds timeout, std::function<void()> done) {
  loop_.post([this, timeout, done = std::move(done)]() mutable {
    if (drain_) return;
    for (auto& listener : listeners_) listener->accept_pending();
    listeners_.clear();
    drain_ = std::make_unique<Drain>(context_, timeout, std::move(done));
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

}  // namespace penstock
