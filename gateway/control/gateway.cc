#include "gateway/control/gateway.h"

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "conf/file/load.h"
#include "gateway/deployment/needs_restart.h"
#include "gateway/deployment/socket_address.h"
#include "gateway/io/background.h"
#include "gateway/io/file.h"
#include "gateway/observe/metrics.h"
#include "gateway/process/log_level.h"
#include "gateway/process/version.h"
#include "gateway/report/limit_report.h"
#include "gateway/report/registry_report.h"
#include "gateway/report/route_report.h"
#include "gateway/report/upstream_report.h"

namespace penstock {
namespace {

/// How often limits that follow what they measure look at it.
constexpr Nanos kLimitsTick = 100 * kNanosPerMilli;

/// How often the log tells of connections that were closed at once.
constexpr Nanos kRefusalsLook = kNanosPerSecond;

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

/// What the process before had, or else a new one: cookies stay good, and keys keep their counts.
std::string secret(const Inheritance& inheritance, const std::string& name) {
  const auto found = inheritance.learned().find(name);
  return found != inheritance.learned().end() ? found->second : random_text();
}

SipKey key_of(const std::string& secret) {
  return {siphash({0, 0}, secret), siphash({0, 1}, secret)};
}

}  // namespace

Gateway::Gateway(Start start)
    : inheritance_(std::move(start.inheritance)),
      start_(std::move(start)),
      first_config_(start_.config),
      started_unix_s_(unix_seconds()),
      sticky_secret_(secret(inheritance_, "sticky_secret")),
      limits_secret_(secret(inheritance_, "limits_secret")),
      limits_key_(key_of(limits_secret_)),
      house_{loop_, workers_, random_seed, [](const std::string& message) { spdlog::warn("{}", message); },
             start_.state_dir},
      listeners_(workers_, limits_key_),
      reloader_(loop_, [this](Reloader::Outcome outcome) { loaded(std::move(outcome)); }),
      store_(std::make_shared<ConfigStore>(start_.state_dir)),
      service_manager_(conf::process_environment()),
      admin_(loop_, first_config_->admin),
      certificates_(loop_, listeners_, admin_, start_.tickets),
      next_limits_tick_(Deadline::of<&Gateway::tick_limits>(this)),
      grace_(Deadline::of<&Gateway::may_drain_workers>(this)),
      next_refusals_look_(Deadline::of<&Gateway::tell_refusals>(this)),
      upgrade_(loop_,
               {[this](const Successor& successor) { step_aside(successor); }, [this] { step_back(); },
                [this](pid_t pid) { taken_over(pid); }, [this](const std::string& why) { upgrade_failed(why); }}),
      reloads_{.loaded_unix_s = started_unix_s_} {
  loop_.on_turn([this](Nanos took) { loop_lag_.observe(took); });
}

Gateway::~Gateway() = default;

void Gateway::run() {
  io::ignore_broken_pipes();
  if (const std::string warning = privilege_warning(first_config_->user); !warning.empty()) spdlog::warn("{}", warning);
  std::optional<Account> account;
  if (is_root() && !first_config_->user.empty()) {
    account = Account::find(first_config_->user);
    if (const std::string kept = forgo_new_privileges(); !kept.empty()) spdlog::warn("not given up: {}", kept);
  }
  signals_ = std::make_unique<io::Signals>(
      loop_, std::initializer_list<int>{SIGTERM, SIGQUIT, SIGINT, SIGUSR1, SIGUSR2, SIGHUP},
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
  next_.listeners = listeners_.prepare(*first_config_, inheritance_);
  admin_.take_socket(inheritance_);
  tell_unused_sockets();
  if (account) leave_root(*account);
  house_.learned = &inheritance_.learned();
  auto blueprint = compile(first_config_, nullptr);
  recall_limits(*blueprint);
  recall_tickets();
  next_.tls = start_.tls;
  next_.from = start_.from;
  admin_.encrypt(start_.tls->admin.context);
  next_.deployment = std::make_unique<Deployment>(house_, Compiled{std::move(blueprint), start_.upstream_tls},
                                                  sticky_secret_, nullptr, [this] { prepared(); });
  if (inheritance_.is_upgrade()) {
    takeover_ = std::make_unique<Takeover>(loop_, inheritance_.channel(),
                                           Takeover::Hooks{[this] { begin_serving(); }, [this] { loop_.stop(); }});
  } else {
    open_admin();
  }
  loop_.run();
  for (auto& worker : workers_) worker->stop();
  next_.deployment.reset();
  current_.reset();
  house_.leaving.clear();
  workers_.clear();
  spdlog::info("stopped");
}

/// All that only root can open is open; nothing has been written into the state directory, and no worker runs.
void Gateway::leave_root(const Account& account) {
  const auto give = [&](const std::string& written) {
    std::error_code missing;  // the path that an operator wrote may be a link; what is found there may not
    const std::string path = std::filesystem::canonical(written, missing).string();
    if (missing) return;
    if (const std::string error = give_away(path, account); !error.empty())
      spdlog::warn("it stays root's, and {} may be refused: {}", account.name, error);
  };
  if (!start_.state_dir.empty()) give(start_.state_dir);
  const auto& log = first_config_->access_log;
  if (log && log->path != "stdout" && log->path != "stderr") give(log->path);
  become(account);
  spdlog::info("running as {} from here on", first_config_->user);
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

/// Until here, connections have waited in the listeners' queues; or the process before has served them.
void Gateway::begin_serving() {
  current_ = std::move(next_.deployment);
  recall_switches();
  current_->adopt();
  adopt_listeners(current_->config());  // behind it: workers accept once they have their view
  if (takeover_) open_admin();
  if (current_->limits().wants_ticks()) tick_limits();
  for (auto& worker : workers_) worker->start();
  ready_ = true;
  spdlog::info("ready");
  from_ = start_.from;
  service_manager_.ready(status());
  if (const auto within = service_manager_.watchdog())
    watchdog_ = std::make_unique<Watchdog>(loop_, workers_, *within, [this] { service_manager_.alive(); });
  keep(start_.text, start_.from);
  announcements_.adopt(*current_);
  if (takeover_) takeover_->taken([this] { return announcements_.stand(); });
  if (start_.origin.registry) watch_centre();
  inheritance_.settle();
  house_.learned = nullptr;
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
  admin_.open([this, actions = actions()](const http::RequestHead& head, const admin::Visitor&) -> admin::Page {
    if (head.method == http::Method::get || head.method == http::Method::head) return admin::render(head.path, *this);
    if (head.method == http::Method::post) return admin::act(head, actions);
    return {405, "text/plain; charset=utf-8", "GET, HEAD and POST only\n"};
  });
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
  if (upgrade_.under_way()) {
    spdlog::info("the configuration is loaded anew when the upgrade is over");
    reload_after_upgrade_ = true;
    return;
  }
  service_manager_.reloading();
  // The one in force is kept, whatever comes meanwhile: the new one is made out of it on another thread.
  const auto compile_all = [this, before = current_->blueprint(), tls_before = current_->upstream_tls()](
                               const std::shared_ptr<const conf::Config>& config, const std::string& from,
                               std::vector<conf::Problem>& problems) -> Compiled {
    auto tls = UpstreamTls::load(*config, from, tls_before.get(), problems);
    if (!problems.empty()) return {};
    return {compile(config, before.get()), std::move(tls)};
  };
  reloader_.start(with_tls(std::move(load), start_.tickets), compile_all);
}

void Gateway::loaded(Reloader::Outcome outcome) {
  for (const conf::Problem& problem : outcome.problems) spdlog::error("{}", problem.text());
  for (const conf::Problem& warning : outcome.warnings) spdlog::warn("{}", warning.text());
  next_.tls = std::move(outcome.tls);
  next_.text = std::move(outcome.text);
  next_.from = std::move(outcome.from);
  if (!outcome.compiled.blueprint || draining_) {
    const std::size_t count = outcome.problems.size();
    reload_failed("it has " + std::to_string(count) + (count == 1 ? " problem" : " problems"));
    return;
  }
  try {
    next_.listeners = listeners_.prepare(*outcome.compiled.blueprint->config, inheritance_);
    next_.deployment = std::make_unique<Deployment>(house_, std::move(outcome.compiled), sticky_secret_, current_.get(),
                                                    [this] { adopt_next(); });
  } catch (const std::exception& error) {
    reload_failed(error.what());
  }
}

void Gateway::adopt_next() {
  const conf::Config& config = next_.deployment->config();
  for (const std::string& what : needs_restart(*first_config_, config))
    spdlog::warn("{}: the new value is used from the next start on", what);
  next_.deployment->adopt();
  adopt_listeners(config);
  std::swap(current_, next_.deployment);
  next_.deployment.reset();
  if (current_->limits().wants_ticks() && !next_limits_tick_.armed()) tick_limits();
  set_log_level(config.log_level);
  ++reloads_.succeeded;
  reloads_.last_successful = true;
  reloads_.loaded_unix_s = unix_seconds();
  from_ = next_.from;
  keep(next_.text, from_);
  announcements_.adopt(*current_);
  spdlog::info("the new configuration is in force, from {}", from_);
  service_manager_.ready(status());
  reload_over();
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
  for (const auto& [address, encrypted] : listeners_.adopt(std::move(next_.listeners), config, *next_.tls))
    spdlog::info("listening on {}", url_of(address, encrypted));
  certificates_.adopt(config, *next_.tls, next_.from);
  next_.tls.reset();
  if (!next_refusals_look_.armed()) tell_refusals();
}

void Gateway::tell_refusals() {
  for (const std::string& line : listeners_.refusals()) spdlog::warn("{}", line);
  if (listeners_.bounded()) loop_.arm(next_refusals_look_, kRefusalsLook);
}

void Gateway::reload_failed(const std::string& why) {
  ++reloads_.failed;
  reloads_.last_successful = false;
  spdlog::error("the new configuration is not used, the one in force stays: {}", why);
  service_manager_.ready(status());
  reload_over();
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
  input.tls = certificates_.metrics();
  input.version = kVersion;
  input.revision = kRevision;
  input.start_time_unix_s = started_unix_s_;
  input.reloads = reloads_;
  input.draining = draining_;
  input.upgrade_under_way = upgrade_.under_way();
  input.upgrades = upgrades_;
  input.admin_refused = admin_.refused();
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
