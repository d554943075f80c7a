#include "gateway/gateway.h"

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "conf/load.h"
#include "gateway/io/background.h"
#include "gateway/io/file.h"
#include "gateway/limit_report.h"
#include "gateway/log_level.h"
#include "gateway/needs_restart.h"
#include "gateway/observe/metrics.h"
#include "gateway/registry_report.h"
#include "gateway/route_report.h"
#include "gateway/socket_address.h"
#include "gateway/upstream_report.h"
#include "gateway/version.h"

namespace penstock {
namespace {

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

std::string random_text() {
  return std::to_string(random_seed()) + std::to_string(random_seed());
}

}  // namespace

Gateway::Gateway(Start start)
    : start_(std::move(start)),
      first_config_(start_.config),
      started_unix_s_(unix_seconds()),
      sticky_secret_(random_text()),
      limits_key_{random_seed(), random_seed()},
      house_{loop_, workers_, random_seed, [](const std::string& message) { spdlog::warn("{}", message); },
             start_.state_dir},
      listeners_(workers_),
      reloader_(loop_, [this](Reloader::Outcome outcome) { loaded(std::move(outcome)); }),
      store_(std::make_shared<ConfigStore>(start_.state_dir)),
      next_limits_tick_([](void* self) { static_cast<Gateway*>(self)->tick_limits(); }, this),
      config_loaded_unix_s_(started_unix_s_) {
  loop_.on_turn([this](Nanos took) { loop_lag_.observe(took); });
}

Gateway::~Gateway() = default;

void Gateway::run() {
  io::ignore_broken_pipes();
  signals_ = std::make_unique<io::Signals>(loop_, std::initializer_list<int>{SIGTERM, SIGQUIT, SIGINT, SIGUSR1, SIGHUP},
                                           [this](int signal) { on_signal(signal); });
  if (first_config_->access_log) {
    const auto format = first_config_->access_log->format == conf::LogFormat::json ? observe::AccessLogFormat::json
                                                                                   : observe::AccessLogFormat::combined;
    access_log_ = std::make_unique<observe::AccessLog>(first_config_->access_log->path, format, first_config_->workers);
  }
  if (!start_.state_dir.empty()) {
    const std::string error = io::make_directory(start_.state_dir);
    if (!error.empty()) spdlog::warn("{} can't be made, nothing is kept over restarts: {}", start_.state_dir, error);
  }
  make_workers();
  next_listeners_ = listeners_.prepare(*first_config_);
  next_ = std::make_unique<Deployment>(house_, compile(first_config_, nullptr), sticky_secret_, nullptr,
                                       [this] { begin_serving(); });
  open_admin();
  loop_.run();
  for (auto& worker : workers_) worker->stop();
  next_.reset();
  current_.reset();
  house_.leaving.clear();
  workers_.clear();
  spdlog::info("stopped");
}

void Gateway::make_workers() {
  const auto report = [this](ClusterId id, const health::EndpointRecordPtr& record, health::Failure last) {
    loop_.post([this, id, record, last] {
      const auto found = house_.by_id.find(id);
      if (found != house_.by_id.end()) found->second->supervisor().failures_in_a_row(record, last);
    });
  };
  for (unsigned i = 0; i < first_config_->workers; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(i, access_log_ ? &access_log_->ring(i) : nullptr, random_seed(), report));
  }
}

/// The first connections have waited in the listeners' queues until here.
void Gateway::begin_serving() {
  current_ = std::move(next_);
  current_->adopt();
  adopt_listeners(current_->config());  // behind it: workers accept once they have their view
  if (current_->limits().wants_ticks()) tick_limits();
  for (auto& worker : workers_) worker->start();
  ready_ = true;
  spdlog::info("ready");
  keep(start_.text, start_.from);
  announcements_.adopt(*current_);
  if (start_.origin.registry) watch_centre();
}

std::shared_ptr<const proxy::Blueprint> Gateway::compile(const std::shared_ptr<const conf::Config>& config,
                                                         const proxy::Blueprint* before) {
  auto limits = std::make_shared<filters::LimitTable>(*config, first_config_->workers, limits_key_,
                                                      before ? before->limits.get() : nullptr, io::Loop::clock());
  limits->call_workers_by(
      [this](unsigned worker, std::function<void(Nanos)> task) { workers_[worker]->post(std::move(task)); });
  auto made = std::make_shared<const proxy::Blueprint>(config, std::move(limits));
  const proxy::Blueprint* const blueprint = made.get();
  // Thousands of routes take milliseconds to free, and the last to let go of them is a worker.
  return {blueprint, [this, made = std::move(made)](const proxy::Blueprint*) mutable {
            io::free_in_background(loop_, std::move(made));
          }};
}

void Gateway::tick_limits() {
  current_->limits().tick(loop_.now());
  loop_.arm(next_limits_tick_, kLimitsTick);
}

void Gateway::open_admin() {
  if (!first_config_->admin) return;
  const io::SocketAddress address = socket_address(first_config_->admin->bind);
  io::ListeningSocket::check_free(address);
  const auto serve = [this, actions = actions()](const http::RequestHead& head) -> admin::Page {
    if (head.method == http::Method::get || head.method == http::Method::head) return admin::render(head.path, *this);
    if (head.method == http::Method::post) return admin::act(head, actions);
    return {405, "text/plain; charset=utf-8", "GET, HEAD and POST only\n"};
  };
  admin_ = std::make_unique<admin::Server>(loop_, address, serve);
  spdlog::info("admin on {}", url_of(admin_->address()));
}

// ---- reloads

void Gateway::reload() {
  if (centre_) {
    centre_->read_again();
    return;
  }
  reload([file = start_.origin.file]() -> Reloader::Loaded {
    std::string text;
    auto result = conf::load_file(file, conf::process_environment(), &text);
    return {std::move(result), std::move(text), file};
  });
}

void Gateway::reload(Reloader::Load load) {
  if (!ready_ || draining_) {
    spdlog::warn("the configuration is not loaded anew: {}", not_ready_reason());
    return;
  }
  // The one in force is kept, whatever comes meanwhile: the new one is made out of it on another thread.
  reloader_.start(std::move(load),
                  [this, before = current_->blueprint()](const std::shared_ptr<const conf::Config>& config) {
                    return compile(config, before.get());
                  });
}

void Gateway::loaded(Reloader::Outcome outcome) {
  for (const conf::Problem& problem : outcome.problems) spdlog::error("{}", problem.text());
  next_text_ = std::move(outcome.text);
  next_from_ = std::move(outcome.from);
  if (!outcome.blueprint || draining_) {
    reload_failed("it has " + std::to_string(outcome.problems.size()) + " problems");
    return;
  }
  try {
    next_listeners_ = listeners_.prepare(*outcome.blueprint->config);
    next_ = std::make_unique<Deployment>(house_, std::move(outcome.blueprint), sticky_secret_, current_.get(),
                                         [this] { adopt_next(); });
  } catch (const std::exception& error) {
    reload_failed(error.what());
  }
}

void Gateway::adopt_next() {
  const conf::Config& config = next_->config();
  for (const std::string& what : needs_restart(*first_config_, config))
    spdlog::warn("{}: the new value is used from the next start on", what);
  next_->adopt();
  adopt_listeners(config);
  std::swap(current_, next_);
  next_.reset();
  if (current_->limits().wants_ticks() && !next_limits_tick_.armed()) tick_limits();
  set_log_level(config.log_level);
  ++reloads_succeeded_;
  last_reload_successful_ = true;
  config_loaded_unix_s_ = unix_seconds();
  keep(next_text_, next_from_);
  announcements_.adopt(*current_);
  spdlog::info("the new configuration is in force, from {}", next_from_);
  reloader_.finished();
}

/// On disk, where an engineer finds it, and the next start if it can't reach a registry.
void Gateway::keep(const std::string& text, const std::string& from) {
  const auto unix_ms = static_cast<std::uint64_t>(unix_seconds() * 1000);
  auto why = std::make_shared<std::string>();
  io::in_background(
      loop_, [store = store_, text, from, unix_ms, why] { store->add(text, from, unix_ms, *why); },
      [why] {
        if (!why->empty()) spdlog::warn("the configuration can't be kept on disk: {}", *why);
      });
}

void Gateway::watch_centre() {
  const discovery::RegistryParts parts = {loop_, random_seed(),
                                          [](const std::string& message) { spdlog::warn("{}", message); }};
  const auto changed = [this](const std::string& text, std::uint64_t version) {
    const std::string from = start_.origin.text + ", version " + std::to_string(version);
    reload([text, from, name = start_.origin.text]() -> Reloader::Loaded {
      return {conf::load_text(text, name, conf::process_environment()), text, from};
    });
  };
  centre_ = std::make_unique<ConfigCentre>(parts, start_.origin, start_.text, changed);
}

void Gateway::adopt_listeners(const conf::Config& config) {
  for (const io::SocketAddress& address : listeners_.adopt(std::move(next_listeners_), config))
    spdlog::info("listening on {}", url_of(address));
}

void Gateway::reload_failed(const std::string& why) {
  ++reloads_failed_;
  last_reload_successful_ = false;
  spdlog::error("the new configuration is not used, the one in force stays: {}", why);
  reloader_.finished();
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
      reload();
      break;
    default:
      break;
  }
}

/// First of all, whoever finds us in a registry is told that we leave.
void Gateway::drain() {
  draining_ = true;
  announcements_.withdraw([this] { drain_workers(); });
}

void Gateway::drain_workers() {
  draining_workers_ = workers_.size();
  const conf::milliseconds timeout = current_->config().drain_timeout;
  spdlog::info("draining for at most {} ms", timeout.count());
  listeners_.let_go();
  for (auto& worker : workers_) {
    worker->drain(timeout, [this] {
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
  input.control_loop_lag = &loop_lag_;
  if (current_) {
    for (const auto& book : current_->books()) input.route_books.push_back(book.get());
    for (const conf::Route& route : current_->config().routes) input.route_ids.push_back(route.id);
    for (const auto& upstream : current_->upstreams()) {
      input.upstream_names.push_back(upstream->config().name);
      input.upstream_stats.push_back(upstream->stats());
      input.upstream_health.push_back(health_metrics_of(upstream->supervisor()));
    }
    input.limits = limit_metrics_of(current_->limits());
    add_metrics_of_registries(*current_, io::Loop::clock(), input);
  }
  input.version = kVersion;
  input.revision = kRevision;
  input.start_time_unix_s = started_unix_s_;
  input.config_loaded_unix_s = config_loaded_unix_s_;
  input.config_last_reload_successful = last_reload_successful_;
  input.reloads_succeeded = reloads_succeeded_;
  input.reloads_failed = reloads_failed_;
  input.draining = draining_;
  input.access_log_lost = access_log_ ? access_log_->lost() : 0;
  return observe::render_metrics(input);
}

std::vector<admin::UpstreamView> Gateway::upstreams() const {
  std::vector<admin::UpstreamView> views;
  if (!current_) return views;
  for (const auto& upstream : current_->upstreams()) views.push_back(view_of(upstream->supervisor()));
  return views;
}

std::vector<admin::RouteView> Gateway::routes() const {
  return current_ ? route_views(*current_->blueprint()) : std::vector<admin::RouteView>();
}

std::vector<admin::LimitView> Gateway::limits() const {
  return current_ ? limit_views(current_->limits()) : std::vector<admin::LimitView>();
}

std::vector<admin::RegistryView> Gateway::registries() const {
  return current_ ? registry_views(*current_, io::Loop::clock()) : std::vector<admin::RegistryView>();
}

std::vector<admin::DiscoveryView> Gateway::discoveries() const {
  return current_ ? discovery_views(*current_, io::Loop::clock()) : std::vector<admin::DiscoveryView>();
}

std::string Gateway::config_text() const {
  return conf::to_yaml(current_ ? current_->config() : *first_config_);
}

}  // namespace penstock
