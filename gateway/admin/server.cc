#include "gateway/admin/server.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "gateway/http/h1_codec.h"
#include "gateway/http/h1_writer.h"
#include "gateway/io/stream.h"
#include "gateway/io/tls/session.h"

namespace penstock::admin {
namespace {

constexpr std::size_t kConnectionsMax = 256;
/// For a request to come, and for an answer to be taken.
constexpr Nanos kPatience = 75 * kNanosPerSecond;
constexpr Nanos kHandshake = 10 * kNanosPerSecond;
constexpr Nanos kLinger = 2 * kNanosPerSecond;

}  // namespace

class ServerConnection final : public io::Disposable, public ListLink, private io::StreamHandler {
 public:
  ServerConnection(Server& server, int fd)
      : server_(server),
        deadline_(Deadline::of<&ServerConnection::close>(this)),
        stream_(io::Stream::adopt(server.loop_, fd, *this)) {
    if (server_.tls_) stream_->secure(server_.tls_);
    server_.loop_.arm(deadline_, server_.tls_ ? kHandshake : kPatience);
  }

  /// What has been written is sent; then it is over.
  void finish() {
    if (!stream_ || std::exchange(finishing_, true)) return;
    stream_->finish();
    server_.loop_.arm(deadline_, kLinger);
  }

  /// Who has asked nothing yet gets an answer first: he has only just connected.
  void retire() {
    if (answered_) return finish();
    retiring_ = true;
  }

  void close() {
    if (!stream_) return;
    deadline_.cancel();
    stream_.reset();
    unlink();
    --server_.connection_count_;
    server_.loop_.dispose(std::unique_ptr<io::Disposable>(this));
  }

 private:
  using Event = http::H1Parser::Event;

  void on_connected() override {
    visitor_.has_certificate = stream_->tls()->peer_verified();
    server_.loop_.arm(deadline_, kPatience);
  }

  void on_bytes(std::string_view in) override {
    while (stream_ && !finishing_) {
      switch (parser_.next(in)) {
        case Event::need_more:
          return;
        case Event::head:
          keep_alive_ = !retiring_ && parser_.head().keep_alive && !parser_.head().expect_continue;
          answer(server_.serve_(parser_.head(), visitor_));
          break;
        case Event::body:
        case Event::end:
          break;
        case Event::error:
          keep_alive_ = false;
          answer({400, "text/plain; charset=utf-8", std::string(parser_.error().detail) + "\n"});
          break;
      }
    }
  }

  void answer(const Page& page) {
    answered_ = true;
    server_.loop_.arm(deadline_, kPatience);
    std::vector<http::Field> added = {{"Content-Type", page.content_type}};
    if (!page.www_authenticate.empty()) added.push_back({"WWW-Authenticate", page.www_authenticate});
    const http::StatusLine line = {page.status, http::reason_phrase(page.status)};
    const bool old = parser_.head().version == http::Version::http10;
    const http::HeadFields fields = {{},
                                     added,
                                     {http::BodyKind::length, page.body.size()},
                                     !keep_alive_ ? "close"
                                     : old        ? "keep-alive"
                                                  : ""};
    char* const begin = stream_->prepare(http::head_bound(line, fields));
    stream_->commit(static_cast<std::size_t>(http::write_head(begin, line, fields) - begin));
    if (parser_.head().method != http::Method::head) stream_->write(page.body);
    if (keep_alive_) return;
    finish();
  }

  void on_eof() override { close(); }
  void on_error(int) override { close(); }
  // Answers to a client that doesn't read them would pile up.
  void on_congested() override { stream_->pause_reading(); }
  void on_drained() override { stream_->resume_reading(); }

  Server& server_;
  Deadline deadline_;
  http::H1RequestParser parser_;
  Visitor visitor_;
  bool keep_alive_ = true;
  bool answered_ = false;
  bool retiring_ = false;
  bool finishing_ = false;
  io::StreamPtr stream_;
};

Server::Server(io::Loop& loop, const io::SocketAddress& address, Serve serve)
    : Server(loop, io::ListeningSocket::open(address), std::move(serve)) {}

Server::Server(io::Loop& loop, std::shared_ptr<io::ListeningSocket> socket, Serve serve, io::ServerTlsPtr tls)
    : loop_(loop),
      serve_(std::move(serve)),
      tls_(std::move(tls)),
      listener_(std::make_unique<io::Listener>(
          loop, std::move(socket), [this](int fd, const io::PeerAddress&) { accept(fd); }, [](int) {})) {}

void Server::retire() {
  loop_.assert_here();
  listener_.reset();
  connections_.for_each([](ServerConnection& connection) { connection.retire(); });
}

Server::~Server() {
  while (ServerConnection* connection = connections_.front()) connection->close();
}

void Server::accept(int fd) {
  if (connection_count_ == kConnectionsMax) {
    ::close(fd);
    return;
  }
  ++connection_count_;
  connections_.push_back(*new ServerConnection(*this, fd));
}

}  // namespace penstock::admin
