#include "gateway/control/reloads.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "conf/environment.h"
#include "conf/file/load.h"
#include "gateway/base/number_text.h"
#include "gateway/control/system_random.h"
#include "gateway/deployment/needs_restart.h"
#include "gateway/io/background.h"
#include "gateway/process/log_level.h"

namespace penstock {
namespace {

/// `name`: for messages.
Reloader::Load text_load(std::string text, std::string name, std::string from) {
  return [text = std::move(text), name = std::move(name), from = std::move(from)]() -> Reloader::Loaded {
    return {conf::load_text(text, name, conf::process_environment()), text, from};
  };
}

}  // namespace

Reloads::Reloads(Parts parts, Hooks hooks)
    : parts_(std::move(parts)),
      hooks_(std::move(hooks)),
      reloader_(parts_.loop, [this](Reloader::Outcome outcome) { loaded(std::move(outcome)); }),
      store_(std::make_shared<ConfigStore>(parts_.state_dir)),
      metrics_{.loaded_unix_s = static_cast<double>(parts_.loop.unix_ms()) / 1000} {}

void Reloads::begin(const std::string& text, const std::string& from) {
  parts_.loop.assert_here();
  from_ = from;
  keep(text);
  if (parts_.origin.registry) watch_key(text);
}

void Reloads::watch_key(const std::string& known) {
  const discovery::RegistryParts parts = {parts_.loop, system_random(),
                                          [](const std::string& message) { spdlog::warn("{}", message); }};
  const auto changed = [this](const std::string& text, std::uint64_t version) {
    const std::string& name = parts_.origin.text;
    load(text_load(text, name, name + ", version " + std::to_string(version)));
  };
  centre_ = std::make_unique<ConfigCentre>(parts, parts_.origin, known, changed);
}

// ---- who asks

void Reloads::reload() {
  parts_.loop.assert_here();
  if (centre_) return centre_->read_again();
  load([file = parts_.origin.file]() -> Reloader::Loaded {
    std::string text;
    auto result = conf::load_file(file, conf::process_environment(), &text);
    return {std::move(result), std::move(text), file};
  });
}

admin::Done Reloads::roll_back(const std::string& version) {
  parts_.loop.assert_here();
  const auto wanted = read_number(version);
  auto found = wanted ? store_->find(*wanted) : std::nullopt;
  if (!found) return {false, "there is no version " + version};
  if (hooks_.upgrading()) return {false, "an upgrade is under way"};
  const std::string from = "version " + version;
  load(text_load(std::move(found->text), from, from));
  return {true, from + " is being loaded; the log says what comes of it"};
}

void Reloads::upgrade_failed() {
  parts_.loop.assert_here();
  if (std::exchange(after_upgrade_, false)) reload();
}

bool Reloads::leave_to_successor() {
  parts_.loop.assert_here();
  centre_.reset();
  return after_upgrade_;
}

// ---- what is done

void Reloads::load(Reloader::Load load) {
  if (parts_.phase != Phase::serving) {
    spdlog::warn("the configuration is not loaded anew: {}", name(parts_.phase));
    return;
  }
  if (hooks_.upgrading()) {
    spdlog::info("the configuration is loaded anew when the upgrade is over");
    after_upgrade_ = true;
    return;
  }
  parts_.service_manager.reloading();
  // The one in force is kept, whatever comes meanwhile: the new one is made out of it on another thread.
  const Deployment& current = *parts_.plane.current();
  const auto compile = [&plane = parts_.plane, before = current.blueprint(), tls_before = current.upstream_tls()](
                           const std::shared_ptr<const conf::Config>& config, const std::string& from,
                           std::vector<conf::Problem>& problems) -> Compiled {
    auto tls = UpstreamTls::load(*config, from, tls_before.get(), problems);
    if (!problems.empty()) return {};
    return {plane.compile(config, before.get()), std::move(tls)};
  };
  reloader_.start(with_tls(std::move(load), parts_.tickets), compile);
}

void Reloads::loaded(Reloader::Outcome outcome) {
  for (const conf::Problem& problem : outcome.problems) spdlog::error("{}", problem.text());
  for (const conf::Problem& warning : outcome.warnings) spdlog::warn("{}", warning.text());
  if (!outcome.compiled.blueprint || drains(parts_.phase)) {
    const std::size_t count = outcome.problems.size();
    failed("it has " + std::to_string(count) + (count == 1 ? " problem" : " problems"));
    return;
  }
  next_text_ = std::move(outcome.text);
  next_from_ = std::move(outcome.from);
  try {
    parts_.plane.open_sockets(*outcome.compiled.blueprint->config, parts_.inheritance);
    parts_.plane.prepare(std::move(outcome.compiled), std::move(outcome.tls), next_from_, [this] { adopt(); });
  } catch (const std::exception& error) {
    failed(error.what());
  }
}

void Reloads::adopt() {
  const conf::Config& config = parts_.plane.next()->config();
  for (const std::string& what : needs_restart(parts_.first, config))
    spdlog::warn("{}: the new value is used from the next start on", what);
  parts_.plane.adopt();
  set_log_level(parts_.plane.current()->config().log_level);
  ++metrics_.succeeded;
  metrics_.last_successful = true;
  metrics_.loaded_unix_s = static_cast<double>(parts_.loop.unix_ms()) / 1000;
  from_ = std::move(next_from_);
  keep(std::move(next_text_));
  hooks_.in_force();
  spdlog::info("the new configuration is in force, from {}", from_);
  over();
}

void Reloads::failed(const std::string& why) {
  ++metrics_.failed;
  metrics_.last_successful = false;
  spdlog::error("the new configuration is not used, the one in force stays: {}", why);
  over();
}

void Reloads::over() {
  next_text_ = {};
  parts_.service_manager.ready(status());
  reloader_.finished();
  hooks_.over();
}

/// On disk, where an engineer finds it, and the next start if it can't reach a registry.
void Reloads::keep(std::string text) {
  auto why = std::make_shared<std::string>();
  io::in_background(
      parts_.loop,
      [store = store_, text = std::move(text), from = from_, unix_ms = parts_.loop.unix_ms(), why] {
        store->add(text, from, unix_ms, *why);
      },
      [why] {
        if (!why->empty()) spdlog::warn("the configuration can't be kept on disk: {}", *why);
      });
}

std::string Reloads::status() const {
  return "serving, configuration from " + from_ + (metrics_.last_successful ? "" : "; a newer one was refused");
}

}  // namespace penstock
