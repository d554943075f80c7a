// One connection to an endpoint: HTTP/1.1 in the client's role, one request at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/http/h1_codec.h"
#include "gateway/io/loop.h"
#include "gateway/io/stream.h"
#include "gateway/upstream/request_stream.h"

namespace penstock::upstream {

class H1Pool;

/// Belongs to its pool's thread; made, lent and destroyed by it.
class H1Connection final : public io::Disposable, public ListLink, public RequestStream, private io::StreamHandler {
 public:
  explicit H1Connection(H1Pool& home);

  // ---- for the pool

  /// False (errno set) if no socket is to be had.
  bool connect(std::string_view proxy_header, Nanos timeout);
  /// A request is to be sent on it.
  void begin(RequestStreamHandler& handler, http::Method method);
  /// Whether another request may follow.
  bool reusable() const;
  void park(Nanos idle_timeout);
  void close();
  /// Begun so far.
  std::uint64_t requests() const { return requests_; }

  // ---- RequestStream

  bool ready() const override { return link_ == Link::up; }
  bool reused() const override { return requests_ > 1; }
  bool sent() const override { return stream_->sent() > course_.sent_mark; }
  void send_head(const http::OutgoingRequest& request) override;
  void send_body(std::string_view bytes, const http::ChunkPlace& chunk) override;
  void send_end(std::span<const http::Field> trailers, Nanos first_byte_timeout) override;
  void set_idle_timeout(Nanos timeout) override { idle_timeout_ = timeout; }
  bool congested() const override { return stream_->congested(); }
  void pause() override;
  void resume() override;
  void start_tunnel() override;
  void finish_tunnel() override { stream_->finish(); }
  void release() override;

 private:
  enum class Link : std::uint8_t { connecting, up };
  enum class RequestSide : std::uint8_t { sending, complete };
  enum class AnswerSide : std::uint8_t {
    nothing,  ///< has come
    begun,    ///< some bytes have
    interim,  ///< the head of an answer before the answer, and not its end
    body,     ///< the answer's head has come
    whole,    ///< where the bytes ended, and the endpoint keeps the connection
    last,     ///< whole, but nothing can follow
    tunnel,   ///< bytes as they are, both ways
  };

  /// One request and its answer. Made anew for each.
  struct Course {
    RequestSide request = RequestSide::sending;
    AnswerSide answer = AnswerSide::nothing;
    http::BodyKind request_body = http::BodyKind::none;
    std::uint8_t interims = 0;
    bool paused = false;          ///< the answer
    std::uint64_t sent_mark = 0;  ///< Stream::sent() when the request's first byte is the next
  };

  // ---- io::StreamHandler
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_error(int error) override;
  void on_congested() override;
  void on_drained() override;

  /// The request is complete, and its answer is what is waited for.
  bool waiting() const { return course_.request == RequestSide::complete && course_.answer < AnswerSide::body; }
  void process(std::string_view in);
  bool handle_head();
  bool handle_end(bool more_bytes);
  /// Of Failure, what only connections that are being made can meet.
  struct ConnectFault {
    bool refused = false;
    bool gateways_want = false;
  };
  void fail(ErrorKind kind, const char* detail, ConnectFault fault);
  void fail(ErrorKind kind, const char* detail) { fail(kind, detail, {}); }
  void fail_connecting(int error);
  void fail_tls();
  void keep_waiting();
  void watch_idle();
  void count_sent();
  void timed_out();

  H1Pool& home_;
  io::StreamPtr stream_;
  RequestStreamHandler* handler_ = nullptr;  ///< null while idle
  Deadline deadline_;
  Nanos idle_timeout_ = 0;
  Nanos connect_started_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t counted_ = 0;          ///< of Stream::sent(): what metrics have been told of
  std::size_t proxy_header_size_ = 0;  ///< until the first request
  http::H1ResponseParser parser_;
  std::string stash_;  ///< received while paused
  Link link_ = Link::connecting;
  Course course_;
};

}  // namespace penstock::upstream
