// How a gateway hands over to the next process, and takes over from the one before.
#include <spdlog/spdlog.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>
#include <utility>

#include "gateway/base/json_writer.h"
#include "gateway/base/timestamp.h"
#include "gateway/control/gateway.h"
#include "gateway/process/version.h"

namespace penstock {
namespace {

constexpr const char* kTicketKeys = "tls_ticket_keys";

std::uint64_t count_in(const KeyValues& values, const std::string& name) {
  const auto found = values.find(name);
  return found != values.end() ? std::strtoull(found->second.c_str(), nullptr, 10) : 0;
}

}  // namespace

// ---- the one before

admin::Done Gateway::upgrade() {
  const std::string why_not = !ready_ || draining_   ? "this process is " + not_ready_reason()
                              : upgrade_.under_way() ? "another one is under way"
                                                     : "";
  if (!why_not.empty()) {
    spdlog::warn("no upgrade: {}", why_not);
    return {false, "no upgrade: " + why_not};
  }
  if (reloader_.busy()) {
    upgrade_after_reload_ = true;
    return {true, "a new process is started as soon as the configuration is loaded"};
  }
  spdlog::info("upgrade: {} is started, to take over from process {}", start_.program.program, ::getpid());
  service_manager_.status("a new process is started");
  try {
    upgrade_.begin(start_.program, all_sockets(), memory());
  } catch (const std::exception& error) {
    upgrade_failed(error.what());
    return {false, error.what()};
  }
  return {true, "a new process is started; the log and /process say what comes of it"};
}

std::vector<HandedSocket> Gateway::all_sockets() const {
  std::vector<HandedSocket> sockets = listeners_.sockets();
  if (admin_.socket()) sockets.push_back(*admin_.socket());
  sockets.insert(sockets.end(), inheritance_.left().begin(), inheritance_.left().end());
  return sockets;
}

/// What is dear to relearn: at the clients' cost (limits start over, cookies are void, dead endpoints are asked), or at
/// the engineer's who has thrown a switch. Latencies, breakers and counters are soon there again.
KeyValues Gateway::memory() const {
  KeyValues values = {{"sticky_secret", sticky_secret_},
                      {"limits_secret", limits_secret_},
                      {"limits", current_->limits().memory()},
                      {"upgrades_succeeded", std::to_string(upgrades_.succeeded + 1)},
                      {"upgrades_failed", std::to_string(upgrades_.failed)}};
  for (const auto& upstream : current_->upstreams())
    values[memory_key_of(upstream->config())] = upstream->supervisor().memory();
  values[kTicketKeys] = start_.tickets->memory();
  std::vector<std::string> degraded;
  const auto& routes = current_->config().routes;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (current_->blueprint()->degraded->is_set(i)) degraded.push_back(routes[i].id);
  }
  values["degraded"] = packed(degraded);
  return values;
}

void Gateway::step_aside(const Successor& successor) {
  for (const HandedSocket& socket : all_sockets()) {
    if (successor.sockets.contains(socket.name)) socket.socket->leave_path();
  }
  announcements_.leave_to_successor(successor.entries);
  admin_.close();
}

void Gateway::step_back() {
  for (const HandedSocket& socket : all_sockets()) {
    if (socket.is_ours) socket.socket->own_path();
  }
  open_admin();
  announcements_.adopt(*current_);
}

void Gateway::taken_over(pid_t successor) {
  spdlog::info("process {} has taken over", successor);
  service_manager_.main_process(successor);
  watchdog_.reset();
  centre_.reset();
  admin_.leave_socket();
  certificates_.stop();
  draining_ = true;
  handed_over_ = true;
  if (reload_after_upgrade_) ::kill(successor, SIGHUP);
  drain_workers();
}

void Gateway::upgrade_failed(const std::string& why) {
  ++upgrades_.failed;
  last_upgrade_error_ = why;
  spdlog::error("the upgrade has failed, this process serves on: {}", why);
  service_manager_.status(status());
  if (std::exchange(reload_after_upgrade_, false)) reload();
}

void Gateway::reload_over() {
  reloader_.finished();
  if (!reloader_.busy() && std::exchange(upgrade_after_reload_, false)) upgrade();
}

// ---- the next one

void Gateway::tell_unused_sockets() const {
  std::set<std::string> addresses;
  for (const HandedSocket& socket : inheritance_.left()) addresses.insert(socket.socket->address().text());
  for (const std::string& address : addresses) spdlog::warn("no listener is at {}, which was handed over", address);
}

void Gateway::recall_limits(const proxy::Blueprint& blueprint) const {
  const KeyValues& learned = inheritance_.learned();
  if (const auto found = learned.find("limits"); found != learned.end()) blueprint.limits->recall(found->second);
}

/// Clients resume their TLS sessions here as they would have there.
void Gateway::recall_tickets() const {
  const KeyValues& learned = inheritance_.learned();
  if (const auto found = learned.find(kTicketKeys); found != learned.end()) start_.tickets->recall(found->second);
}

/// It is ready but for one thing: nothing is accepted yet.
void Gateway::prepared() {
  if (!takeover_) return begin_serving();
  Successor successor = {Announcements::entries_of(*first_config_), next_.listeners.names()};
  if (admin_.socket()) successor.sockets.insert(admin_.socket()->name);
  takeover_->ready(successor.packed());
}

void Gateway::recall_switches() {
  const KeyValues& learned = inheritance_.learned();
  upgrades_.succeeded = count_in(learned, "upgrades_succeeded");
  upgrades_.failed = count_in(learned, "upgrades_failed");
  const auto degraded = learned.find("degraded");
  const auto ids = degraded != learned.end() ? unpacked(degraded->second) : std::nullopt;
  const auto& routes = current_->config().routes;
  for (std::size_t i = 0; ids && i < routes.size(); ++i) {
    const bool was = routes[i].fallback && std::find(ids->begin(), ids->end(), routes[i].id) != ids->end();
    current_->blueprint()->degraded->set(i, was);
  }
}

// ---- what is told of it

std::string Gateway::status() const {
  return "serving, configuration from " + from_ + (reloads_.last_successful ? "" : "; a newer one was refused");
}

std::string Gateway::process_text() const {
  const char* const state = draining_              ? "draining"
                            : !ready_              ? "starting"
                            : upgrade_.under_way() ? "upgrading"
                                                   : "serving";
  std::string started;
  append_rfc3339(started, static_cast<std::uint64_t>(started_unix_s_ * 1000));
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("pid").number(static_cast<std::uint64_t>(::getpid()));
  json.key("version").string(kVersion);
  json.key("revision").string(kRevision);
  json.key("started").string(started);
  json.key("state").string(state);
  json.key("upgrades_succeeded").number(upgrades_.succeeded);
  json.key("upgrades_failed").number(upgrades_.failed);
  json.key("last_upgrade_error").string(last_upgrade_error_);
  json.end_object();
  return text + "\n";
}

}  // namespace penstock
