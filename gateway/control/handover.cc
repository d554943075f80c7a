#include "gateway/control/handover.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <utility>

#include "gateway/control/learned.h"

namespace penstock {

Handover::Handover(Parts parts, observe::UpgradeMetrics before, Hooks hooks)
    : parts_(std::move(parts)),
      hooks_(std::move(hooks)),
      upgrade_(parts_.loop, {[this](const Successor& successor) { step_aside(successor); }, [this] { step_back(); },
                             [this](pid_t pid) { taken_over(pid); }, [this](const std::string& why) { failed(why); }}),
      metrics_(before) {}

std::string Handover::why_not() const {
  if (parts_.phase != Phase::serving) return "this process is " + std::string(name(parts_.phase));
  return upgrade_.under_way() ? "another one is under way" : "";
}

admin::Done Handover::begin() {
  parts_.loop.assert_here();
  if (const std::string why = why_not(); !why.empty()) {
    spdlog::warn("no upgrade: {}", why);
    return {false, "no upgrade: " + why};
  }
  if (parts_.reloads.busy()) {
    after_reload_ = true;
    return {true, "a new process is started as soon as the configuration is loaded"};
  }
  spdlog::info("upgrade: {} is started, to take over from process {}", parts_.program.program, ::getpid());
  parts_.service_manager.status("a new process is started");
  try {
    upgrade_.begin(parts_.program, sockets(), learned_by(parts_.plane, *parts_.tickets, metrics_));
  } catch (const std::exception& error) {
    failed(error.what());
    return {false, error.what()};
  }
  return {true, "a new process is started; the log and /process say what comes of it"};
}

void Handover::reload_over() {
  parts_.loop.assert_here();
  if (!parts_.reloads.busy() && std::exchange(after_reload_, false)) begin();
}

std::vector<HandedSocket> Handover::sockets() const {
  std::vector<HandedSocket> sockets = parts_.plane.listeners().sockets();
  if (parts_.admin.socket()) sockets.push_back(*parts_.admin.socket());
  sockets.insert(sockets.end(), parts_.inheritance.left().begin(), parts_.inheritance.left().end());
  return sockets;
}

void Handover::step_aside(const Successor& successor) {
  for (const HandedSocket& socket : sockets()) {
    if (successor.sockets.contains(socket.name)) socket.socket->leave_path();
  }
  parts_.announcements.leave_to_successor(successor.entries);
  parts_.admin.close();
}

void Handover::step_back() {
  for (const HandedSocket& socket : sockets()) {
    if (socket.is_ours) socket.socket->own_path();
  }
  hooks_.open_admin();
  parts_.announcements.adopt(*parts_.plane.current());
}

void Handover::taken_over(pid_t successor) {
  spdlog::info("process {} has taken over", successor);
  parts_.service_manager.main_process(successor);
  parts_.admin.leave_socket();
  parts_.plane.certificates().stop();
  if (parts_.reloads.leave_to_successor()) ::kill(successor, SIGHUP);
  hooks_.taken_over();
}

void Handover::failed(const std::string& why) {
  ++metrics_.failed;
  last_error_ = why;
  spdlog::error("the upgrade has failed, this process serves on: {}", why);
  parts_.service_manager.status(parts_.reloads.status());
  parts_.reloads.upgrade_failed();
}

}  // namespace penstock
