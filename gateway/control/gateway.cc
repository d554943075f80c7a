#include "gateway/control/gateway.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include "conf/environment.h"
#include "conf/file/load.h"
#include "gateway/control/gateway_actions.h"
#include "gateway/control/learned.h"
#include "gateway/io/file.h"
#include "gateway/process/root_place.h"

namespace penstock {

Gateway::Gateway(Start start)
    : inheritance_(std::move(start.inheritance)),
      start_(std::move(start)),
      first_(*start_.config),
      service_manager_(conf::process_environment()),
      admin_(loop_, first_.admin),
      plane_(loop_, first_, start_.state_dir, learned_secrets(inheritance_.learned()), admin_, start_.tickets),
      reloads_({loop_, phase_, plane_, service_manager_, inheritance_, first_, start_.origin, start_.state_dir,
                start_.tickets},
               {[this] { return handover_.under_way(); }, [this] { announcements_.adopt(*plane_.current()); },
                [this] { handover_.reload_over(); }}),
      handover_({loop_, phase_, plane_, reloads_, admin_, announcements_, service_manager_, inheritance_,
                 start_.program, start_.tickets},
                learned_upgrades(inheritance_.learned()), {[this] { open_admin(); }, [this] { taken_over(); }}),
      shutdown_(loop_, plane_, announcements_),
      pages_({phase_, plane_, reloads_, handover_, admin_, access_log_, loop_lag_, first_,
              static_cast<double>(loop_.unix_ms()) / 1000}) {
  loop_.on_turn([this](Nanos took) { loop_lag_.observe(took); });
}

Gateway::~Gateway() = default;

void Gateway::run() {
  io::ignore_broken_pipes();
  const std::optional<Account> becomes = whom_to_become();
  signals_ = std::make_unique<io::Signals>(
      loop_, std::initializer_list<int>{SIGTERM, SIGQUIT, SIGINT, SIGUSR1, SIGUSR2, SIGHUP},
      [this](int signal) { on_signal(signal); });
  const Account* const account = becomes ? &*becomes : nullptr;
  open_log(account);
  make_state_dir(account);
  plane_.make_workers(access_log_.get());
  open_sockets(account);
  if (account) leave_root(*account);
  prepare();
  loop_.run();
  plane_.stop();
  spdlog::info("stopped");
}

// ---- the start

/// Whom to serve as; nullopt: as whoever it is. Gives up at once what only can be while there is one thread.
std::optional<Account> Gateway::whom_to_become() const {
  if (const std::string warning = privilege_warning(first_.user); !warning.empty()) spdlog::warn("{}", warning);
  if (!is_root() || first_.user.empty()) return std::nullopt;
  std::optional<Account> account = Account::find(first_.user);
  if (const std::string kept = forgo_new_privileges(); !kept.empty()) spdlog::warn("not given up: {}", kept);
  return account;
}

// What is opened from here on until root is given up is opened by the rule of process/root_place.h.

void Gateway::open_log(const Account* account) {
  if (!first_.access_log) return;
  const std::string& path = first_.access_log->path;
  std::unique_ptr<AsAccount> rights;
  if (account && path != "stdout" && path != "stderr") {
    std::string warning;
    rights = ready_file(path, *account, warning);
    if (!warning.empty()) spdlog::warn("access log: {}", warning);
  }
  const auto format = first_.access_log->format == conf::LogFormat::json ? observe::AccessLogFormat::json
                                                                         : observe::AccessLogFormat::combined;
  access_log_ = std::make_unique<observe::AccessLog>(path, format, first_.workers);
}

void Gateway::make_state_dir(const Account* account) const {
  if (start_.state_dir.empty()) return;
  const std::string error =
      account ? ready_directory(start_.state_dir, *account) : io::make_directory(start_.state_dir);
  if (!error.empty()) spdlog::warn("{} can't be made, nothing is kept over restarts: {}", start_.state_dir, error);
}

void Gateway::open_sockets(const Account* account) {
  const auto elsewhere = [](const conf::Address& bind) { return bind.is_unix() && !placed_by_root(bind.unix_path); };
  std::unique_ptr<AsAccount> rights;  // which takes no port away
  if (account && ((first_.admin && elsewhere(first_.admin->bind)) ||
                  std::ranges::any_of(first_.listeners, elsewhere, &conf::Listener::bind)))
    rights = std::make_unique<AsAccount>(*account);
  plane_.open_sockets(first_, inheritance_);
  admin_.take_socket(inheritance_);
  std::set<std::string> unused;
  for (const HandedSocket& socket : inheritance_.left()) unused.insert(socket.socket->address().text());
  for (const std::string& address : unused) spdlog::warn("no listener is at {}, which was handed over", address);
}

/// All that only root can open is open; nothing has been written into the state directory, and no worker runs.
void Gateway::leave_root(const Account& account) const {
  become(account);
  spdlog::info("running as {} from here on", first_.user);
}

void Gateway::prepare() {
  auto blueprint = plane_.compile(start_.config, nullptr);
  recall_limits(inheritance_.learned(), *blueprint);
  recall_tickets(inheritance_.learned(), *start_.tickets);
  recall_switches(inheritance_.learned(), *blueprint);
  admin_.encrypt(start_.tls->admin.context);
  plane_.learn_from(&inheritance_.learned());
  plane_.prepare({std::move(blueprint), start_.upstream_tls}, start_.tls, start_.from, [this] { prepared(); });
  if (inheritance_.is_upgrade()) {
    takeover_ = std::make_unique<Takeover>(loop_, inheritance_.channel(),
                                           Takeover::Hooks{[this] { begin_serving(); }, [this] { loop_.stop(); }});
  } else {
    open_admin();
  }
}

/// It is ready but for one thing: nothing is accepted yet.
void Gateway::prepared() {
  if (!takeover_) return begin_serving();
  Successor successor = {Announcements::entries_of(first_), plane_.next_sockets().names()};
  if (admin_.socket()) successor.sockets.insert(admin_.socket()->name);
  takeover_->ready(successor.packed());
}

/// Until here, connections have waited in the listeners' queues; or the process before has served them.
void Gateway::begin_serving() {
  plane_.adopt();
  if (takeover_) open_admin();
  plane_.start_workers();
  phase_ = Phase::serving;
  spdlog::info("ready");
  reloads_.begin(start_.text, start_.from);
  service_manager_.ready(reloads_.status());
  if (const auto within = service_manager_.watchdog())
    watchdog_ = std::make_unique<Watchdog>(loop_, plane_.workers(), *within, [this] { service_manager_.alive(); });
  announcements_.adopt(*plane_.current());
  if (takeover_) takeover_->taken([this] { return announcements_.stand(); });
  plane_.learn_from(nullptr);
  inheritance_.settle();
}

void Gateway::open_admin() {
  auto actions = gateway_actions(plane_, reloads_, handover_);
  admin_.open(
      [this, actions = std::move(actions)](const http::RequestHead& head, const admin::Visitor&) -> admin::Page {
        if (head.method == http::Method::get || head.method == http::Method::head)
          return admin::render(head.path, pages_);
        if (head.method == http::Method::post) return admin::act(head, actions);
        return {405, "text/plain; charset=utf-8", "GET, HEAD and POST only\n"};
      });
}

// ---- signals

void Gateway::on_signal(int signal) {
  switch (signal) {
    case SIGTERM:
    case SIGQUIT:
      told_to_end();
      break;
    case SIGINT:
      loop_.stop();
      break;
    case SIGUSR1:
      if (access_log_) access_log_->reopen();
      spdlog::info("logs reopened");
      break;
    case SIGUSR2:
      handover_.begin();
      break;
    case SIGHUP:
      reloads_.reload();
      break;
    default:
      break;
  }
}

void Gateway::told_to_end() {
  switch (phase_) {
    case Phase::serving:
      drain();
      break;
    case Phase::handed_over:
      // Whoever ends the service tells all of its processes, and this one is ending.
      spdlog::info("draining already");
      phase_ = Phase::draining;
      break;
    case Phase::starting:
    case Phase::draining:
      loop_.stop();
      break;
  }
}

void Gateway::drain() {
  handover_.call_off();
  phase_ = Phase::draining;
  service_manager_.stopping("draining");
  shutdown_.begin();
}

void Gateway::taken_over() {
  watchdog_.reset();
  phase_ = Phase::handed_over;
  shutdown_.drain();
}

}  // namespace penstock
