// A small HTTP/1.1 server for pages that are made in one go: the admin listener, and the demo backends.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "gateway/admin/pages.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/http/message.h"
#include "gateway/io/listener.h"
#include "gateway/io/loop.h"
#include "gateway/io/tls/context.h"

namespace penstock::admin {

class ServerConnection;

/// Who asks for a page.
struct Visitor {
  bool has_certificate = false;  ///< a valid one, of an authority that the server asks for
};

/// Belongs to its loop's thread. Serves GET and HEAD by default; request bodies are read and dropped.
class Server {
 public:
  using Serve = std::function<Page(const http::RequestHead& head, const Visitor& visitor)>;

  /// Throws std::runtime_error if the address is not to be had.
  Server(io::Loop& loop, const io::SocketAddress& address, Serve serve);
  /// `tls`: null for no encryption.
  Server(io::Loop& loop, std::shared_ptr<io::ListeningSocket> socket, Serve serve, io::ServerTlsPtr tls = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// New connections are encrypted by this from now on.
  void encrypt(io::ServerTlsPtr tls) { tls_ = std::move(tls); }

  const io::SocketAddress& address() const { return listener_->address(); }

  /// Accepts no more, and ends its connections when they have been sent what they asked for. Once.
  void retire();

 private:
  friend class ServerConnection;
  void accept(int fd);

  io::Loop& loop_;
  Serve serve_;
  io::ServerTlsPtr tls_;
  std::unique_ptr<io::Listener> listener_;  ///< null: retired
  IntrusiveList<ServerConnection> connections_;
  std::size_t connection_count_ = 0;
};

}  // namespace penstock::admin
