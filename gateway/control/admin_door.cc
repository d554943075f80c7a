#include "gateway/control/admin_door.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/deployment/socket_address.h"

namespace penstock {
namespace {

std::unique_ptr<admin::Guard> guard_for(const std::optional<conf::Admin>& config) {
  if (!config) return nullptr;
  return std::make_unique<admin::Guard>(config->token, config->tls && !config->tls->client_ca.empty());
}

}  // namespace

AdminDoor::AdminDoor(io::Loop& loop, const std::optional<conf::Admin>& config)
    : loop_(loop), config_(config), guard_(guard_for(config)) {}

void AdminDoor::take_socket(Inheritance& inheritance) {
  loop_.assert_here();
  if (!config_) return;
  const std::string name = "admin " + config_->bind.text();
  const io::SocketAddress address = socket_address(config_->bind);
  std::vector<HandedSocket> inherited = inheritance.take(name, address);
  if (!inherited.empty()) {
    socket_ = std::move(inherited.front());
    socket_->name = name;
    return;
  }
  io::ListeningSocket::check_free(address);
  socket_ = HandedSocket{name, true, io::ListeningSocket::open(address)};
}

void AdminDoor::encrypt(io::ServerTlsPtr tls) {
  loop_.assert_here();
  tls_ = std::move(tls);
  if (server_) server_->encrypt(tls_);
}

void AdminDoor::open(admin::Server::Serve serve) {
  loop_.assert_here();
  if (!socket_) return;
  const auto guarded = [guard = guard_.get(), serve = std::move(serve)](const http::RequestHead& head,
                                                                        const admin::Visitor& visitor) -> admin::Page {
    if (auto refusal = guard->refusal(head, visitor.has_certificate)) return std::move(*refusal);
    return serve(head, visitor);
  };
  if (socket_->is_ours) socket_->socket->own_path();
  server_ = std::make_unique<admin::Server>(loop_, socket_->socket, guarded, tls_);
  spdlog::info("admin on {}", url_of(server_->address(), tls_ != nullptr));
}

void AdminDoor::close() {
  loop_.assert_here();
  if (!server_) return;
  server_->retire();
  retired_ = std::move(server_);
}

}  // namespace penstock
