#include "gateway/gateway.h"

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "conf/load.h"
#include "gateway/limit_report.h"
#include "gateway/observe/metrics.h"
#include "gateway/upstream_report.h"
#include "gateway/version.h"

namespace penstock {
namespace {

/// How long the start waits for names to be resolved; upstreams without an address by then answer 503 until they have
/// one.
constexpr Nanos kNamesPatience = 2 * kNanosPerSecond;

/// How often limits that follow what they measure look at it.
constexpr Nanos kLimitsTick = 100 * kNanosPerMilli;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) throw std::runtime_error("no random numbers from the system");
  return seed;
}

io::SocketAddress socket_address(const conf::Address& address) {
  const auto found = address.is_unix() ? io::SocketAddress::from_unix(address.unix_path)
                                       : io::SocketAddress::from_ip(address.host, address.port);
  if (!found) throw std::runtime_error("can't listen on " + address.text() + ": not an IP address");
  return *found;
}

std::string url(const io::SocketAddress& address) {
  return address.family() == AF_UNIX ? address.text() : "http://" + address.text();
}

}  // namespace

Gateway::Gateway(std::shared_ptr<const conf::Config> config)
    : config_(std::move(config)),
      started_unix_s_(unix_seconds()),
      names_wait_([](void* self) { static_cast<Gateway*>(self)->begin_serving(); }, this),
      next_limits_tick_([](void* self) { static_cast<Gateway*>(self)->tick_limits(); }, this) {}

Gateway::~Gateway() = default;

void Gateway::run() {
  io::ignore_broken_pipes();
  signals_ = std::make_unique<io::Signals>(loop_, std::initializer_list<int>{SIGTERM, SIGQUIT, SIGINT, SIGUSR1, SIGHUP},
                                           [this](int signal) { on_signal(signal); });
  if (config_->access_log) {
    const auto format = config_->access_log->format == conf::LogFormat::json ? observe::AccessLogFormat::json
                                                                             : observe::AccessLogFormat::combined;
    access_log_ = std::make_unique<observe::AccessLog>(config_->access_log->path, format, config_->workers);
  }
  make_workers();
  open_listeners();
  open_admin();
  loop_.arm(names_wait_, kNamesPatience);
  watch_endpoints();
  loop_.run();
  for (auto& worker : workers_) worker->stop();
  workers_.clear();
  spdlog::info("stopped");
}

void Gateway::make_workers() {
  limits_ = std::make_shared<filters::LimitTable>(*config_, config_->workers, SipKey{random_seed(), random_seed()});
  if (limits_->wants_ticks()) tick_limits();
  const Worker::Shared shared = {
      config_, std::make_shared<const routing::RouteTable>(*config_), limits_, access_log_.get(),
      [this](std::uint32_t upstream, const health::EndpointRecordPtr& record, health::Failure last) {
        loop_.post([this, upstream, record, last] { supervisors_[upstream]->failures_in_a_row(record, last); });
      }};
  for (unsigned i = 0; i < config_->workers; ++i)
    workers_.push_back(std::make_unique<Worker>(i, shared, random_seed()));
}

void Gateway::tick_limits() {
  limits_->tick(loop_.now());
  loop_.arm(next_limits_tick_, kLimitsTick);
}

/// The first connections have waited in the listeners' queues until here.
void Gateway::begin_serving() {
  if (ready_) return;
  names_wait_.cancel();
  for (auto& worker : workers_) worker->start();
  ready_ = true;
  spdlog::info("ready");
}

/// Each worker has its own socket for each address, and the kernel spreads connections over them.
void Gateway::open_listeners() {
  for (std::size_t i = 0; i < config_->listeners.size(); ++i) {
    io::SocketAddress address = socket_address(config_->listeners[i].bind);
    io::Listener::check_free(address);
    for (auto& worker : workers_) {
      address = worker->listen(i, address);
      if (address.family() == AF_UNIX) break;  // can't be shared
    }
    spdlog::info("listening on {}", url(address));
  }
}

void Gateway::open_admin() {
  if (!config_->admin) return;
  const io::SocketAddress address = socket_address(config_->admin->bind);
  io::Listener::check_free(address);
  admin_ = std::make_unique<admin::Server>(loop_, address, [this](const http::RequestHead& head) -> admin::Page {
    if (head.method == http::Method::get || head.method == http::Method::head) return admin::render(head.path, *this);
    return {405, "text/plain; charset=utf-8", "GET and HEAD only\n"};
  });
  spdlog::info("admin on {}", url(admin_->address()));
}

void Gateway::watch_endpoints() {
  unsettled_upstreams_ = config_->upstreams.size() + 1;
  const auto settled = [this] {
    if (--unsettled_upstreams_ == 0) begin_serving();
  };
  const std::string made_secret = std::to_string(random_seed()) + std::to_string(random_seed());
  for (std::uint32_t i = 0; i < config_->upstreams.size(); ++i) {
    supervise(i, made_secret);
    sources_.push_back(std::make_unique<discovery::StaticSource>(
        loop_, config_->upstreams[i],
        [this, i](const discovery::SnapshotPtr& snapshot) { supervisors_[i]->apply(snapshot); },
        [](const std::string& message) { spdlog::warn("{}", message); }, settled));
  }
  settled();
}

void Gateway::supervise(std::uint32_t upstream, const std::string& made_secret) {
  const conf::Upstream& config = config_->upstreams[upstream];
  const bool has_secret = config.sticky && !config.sticky->secret.empty();
  supervisors_.push_back(std::make_unique<upstream::Supervisor>(
      loop_, config, upstream::Surroundings{config_->zone, has_secret ? config.sticky->secret : made_secret},
      random_seed(),
      upstream::Supervisor::Workers{
          static_cast<unsigned>(workers_.size()),
          [this, upstream](const upstream::PlanPtr& plan, const upstream::FitnessPtr& fitness) {
            for (auto& worker : workers_) worker->apply(upstream, plan, fitness);
          },
          [this, upstream](const upstream::FitnessPtr& fitness) {
            for (auto& worker : workers_) worker->apply(upstream, fitness);
          }},
      [](const std::string& message) { spdlog::warn("{}", message); }));
}

void Gateway::on_signal(int signal) {
  switch (signal) {
    case SIGTERM:
    case SIGQUIT:
      if (draining_ || !ready_) {
        loop_.stop();
      } else {
        drain();
      }
      break;
    case SIGINT:
      loop_.stop();
      break;
    case SIGUSR1:
      if (access_log_) access_log_->reopen();
      spdlog::info("logs reopened");
      break;
    case SIGHUP:
      spdlog::warn("HUP: this version has no reload; start it anew to change the configuration");
      break;
    default:
      break;
  }
}

void Gateway::drain() {
  draining_ = true;
  draining_workers_ = workers_.size();
  spdlog::info("draining for at most {} ms", config_->drain_timeout.count());
  for (auto& worker : workers_) {
    worker->drain(config_->drain_timeout, [this] {
      loop_.post([this] {
        if (--draining_workers_ == 0) loop_.stop();
      });
    });
  }
}

// ---- what the admin pages show

std::string Gateway::metrics_text() const {
  observe::MetricsInput input;
  for (const auto& worker : workers_) input.workers.push_back(&worker->stats());
  for (const conf::Route& route : config_->routes) input.route_ids.push_back(route.id);
  for (const conf::Upstream& upstream : config_->upstreams) input.upstream_names.push_back(upstream.name);
  for (const auto& supervisor : supervisors_) input.upstream_health.push_back(health_metrics_of(*supervisor));
  input.limits = limit_metrics_of(*limits_);
  input.version = kVersion;
  input.revision = kRevision;
  input.start_time_unix_s = started_unix_s_;
  input.config_loaded_unix_s = started_unix_s_;
  input.draining = draining_;
  input.access_log_lost = access_log_ ? access_log_->lost() : 0;
  return observe::render_metrics(input);
}

std::vector<admin::UpstreamView> Gateway::upstreams() const {
  std::vector<admin::UpstreamView> views;
  for (const auto& supervisor : supervisors_) views.push_back(view_of(*supervisor));
  return views;
}

std::vector<admin::RouteView> Gateway::routes() const {
  std::vector<admin::RouteView> views;
  for (const conf::Route& route : config_->routes) {
    std::string match = route.match.host.empty() ? "" : route.match.host + " ";
    match += route.match.path.empty() ? "/*" : route.match.path;
    for (const std::string& method : route.match.methods) match += " " + method;
    for (const auto& [name, value] : route.match.headers) match += " " + name + ": " + value;
    for (const auto& [name, value] : route.match.query) match += " ?" + name + "=" + value;
    std::string target = route.upstream ? "upstream " + config_->upstreams[*route.upstream].name
                         : route.respond
                             ? "respond " + std::to_string(route.respond->status)
                             : "redirect " + std::to_string(route.redirect->status) + " " + route.redirect->to;
    views.push_back({route.id, std::move(match), std::move(target)});
  }
  return views;
}

std::vector<admin::LimitView> Gateway::limits() const {
  return limit_views(*limits_);
}

std::string Gateway::config_text() const {
  return conf::to_yaml(*config_);
}

}  // namespace penstock
