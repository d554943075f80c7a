#include "gateway/control/data_plane.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "gateway/control/system_random.h"
#include "gateway/deployment/socket_address.h"
#include "gateway/io/background.h"

namespace penstock {
namespace {

/// How often limits that follow what they measure look at it.
constexpr Nanos kLimitsTick = 100 * kNanosPerMilli;

/// How often the log tells of connections that were closed at once.
constexpr Nanos kRefusalsLook = kNanosPerSecond;

SipKey key_of(const std::string& secret) {
  return {siphash({0, 0}, secret), siphash({0, 1}, secret)};
}

}  // namespace

DataPlane::DataPlane(io::Loop& loop, const conf::Config& first, std::string state_dir, Secrets secrets,
                     AdminDoor& admin, std::shared_ptr<io::TicketKeys> tickets)
    : loop_(loop),
      worker_count_(first.workers),
      secrets_(std::move(secrets)),
      limits_key_(key_of(secrets_.limits)),
      house_{loop_, workers_, system_random, [](const std::string& message) { spdlog::warn("{}", message); },
             std::move(state_dir)},
      listeners_(workers_, limits_key_),
      certificates_(loop_, listeners_, admin, std::move(tickets)),
      next_limits_tick_(Deadline::of<&DataPlane::tick_limits>(this)),
      next_refusals_look_(Deadline::of<&DataPlane::tell_refusals>(this)) {}

void DataPlane::make_workers(observe::AccessLog* log) {
  const auto report = [this](ClusterId id, const health::EndpointRecordPtr& record, health::Failure last) {
    loop_.post([this, id, record, last] {
      const auto found = house_.by_id.find(id);
      if (found != house_.by_id.end()) found->second->supervisor().failures_in_a_row(record, last);
    });
  };
  for (unsigned i = 0; i < worker_count_; ++i)
    workers_.push_back(std::make_unique<Worker>(i, log ? &log->ring(i) : nullptr, system_random(), report));
}

void DataPlane::start_workers() {
  loop_.assert_here();
  for (auto& worker : workers_) worker->start();
}

void DataPlane::stop() {
  loop_.assert_here();
  for (auto& worker : workers_) worker->stop();
  next_.deployment.reset();
  current_.reset();
  house_.leaving.clear();
  workers_.clear();
}

std::shared_ptr<const proxy::Blueprint> DataPlane::compile(const std::shared_ptr<const conf::Config>& config,
                                                           const proxy::Blueprint* before) {
  auto limits = std::make_shared<filters::LimitTable>(*config, worker_count_, limits_key_,
                                                      before ? before->limits.get() : nullptr, io::Loop::clock());
  limits->call_workers_by(
      [this](unsigned worker, std::function<void(Nanos)> task) { workers_[worker]->post(std::move(task)); });
  auto made = std::make_shared<const proxy::Blueprint>(config, std::move(limits));
  const proxy::Blueprint* const blueprint = made.get();
  // Thousands of routes take milliseconds to free, and the last to let go of them is a worker.
  return {blueprint, [&loop = loop_, made = std::move(made)](const proxy::Blueprint*) mutable {
            io::free_in_background(loop, std::move(made));
          }};
}

void DataPlane::open_sockets(const conf::Config& config, Inheritance& inheritance) {
  loop_.assert_here();
  next_.listeners = listeners_.prepare(config, inheritance);
}

void DataPlane::prepare(Compiled compiled, TlsContextsPtr tls, const std::string& from, std::function<void()> ready) {
  loop_.assert_here();
  next_.tls = std::move(tls);
  next_.from = from;
  next_.deployment =
      std::make_unique<Deployment>(house_, std::move(compiled), secrets_.sticky, current_.get(), std::move(ready));
}

void DataPlane::adopt() {
  loop_.assert_here();
  next_.deployment->adopt();
  adopt_listeners();  // behind it: workers accept once they have their view
  std::swap(current_, next_.deployment);
  next_.deployment.reset();
  if (current_->limits().wants_ticks() && !next_limits_tick_.armed()) tick_limits();
}

void DataPlane::adopt_listeners() {
  const conf::Config& config = next_.deployment->config();
  for (const auto& [address, encrypted] : listeners_.adopt(std::move(next_.listeners), config, *next_.tls))
    spdlog::info("listening on {}", url_of(address, encrypted));
  certificates_.adopt(config, *next_.tls, next_.from);
  next_.tls.reset();
  if (!next_refusals_look_.armed()) tell_refusals();
}

void DataPlane::tick_limits() {
  current_->limits().tick(loop_.now());
  loop_.arm(next_limits_tick_, kLimitsTick);
}

void DataPlane::tell_refusals() {
  for (const std::string& line : listeners_.refusals()) spdlog::warn("{}", line);
  if (listeners_.bounded()) loop_.arm(next_refusals_look_, kRefusalsLook);
}

}  // namespace penstock
