// An endpoint to be checked: answers each request as it is told to, on the test's own loop.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/io/listener.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::health {

inline std::string answer_of(const std::string& status) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 5\r\n\r\n";  // the body never comes
}

class Server {
 public:
  explicit Server(io::Loop& loop, io::SocketAddress at = io::SocketAddress::from_ip("127.0.0.1", 0).value())
      : loop_(loop), address_(std::move(at)) {
    open();
  }

  const io::SocketAddress& address() const { return address_; }
  std::string answer = answer_of("200 OK");  ///< empty: says nothing
  bool hangs_up = false;                     ///< in place of an answer
  std::string request;                       ///< the last one
  std::size_t connections = 0;               ///< accepted so far

  /// Refuses connections.
  void close() {
    listener_.reset();
    open_.clear();
  }
  void open() {
    listener_ = std::make_unique<io::Listener>(
        loop_, address_, [this](int fd, const io::PeerAddress&) { accept(fd); }, [](int) {});
    address_ = listener_->address();
  }
  /// Connections that the other side has not closed.
  std::size_t connected() const {
    std::size_t count = 0;
    for (const auto& connection : open_) count += connection->stream ? 1 : 0;
    return count;
  }

 private:
  struct Connection final : io::StreamHandler {
    explicit Connection(Server& at) : server(at) {}
    Server& server;
    io::StreamPtr stream;

    void on_bytes(std::string_view bytes) override {
      server.request = bytes;
      if (server.hangs_up) {
        stream.reset();
      } else {
        stream->write(server.answer);
      }
    }
    void on_eof() override { stream.reset(); }
    void on_error(int) override { stream.reset(); }
  };

  void accept(int fd) {
    ++connections;
    open_.push_back(std::make_unique<Connection>(*this));
    open_.back()->stream = io::Stream::adopt(loop_, fd, *open_.back());
  }

  io::Loop& loop_;
  io::SocketAddress address_;
  std::vector<std::unique_ptr<Connection>> open_;
  std::unique_ptr<io::Listener> listener_;
};

}  // namespace penstock::health
