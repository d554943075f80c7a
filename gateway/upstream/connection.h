// One connection to an endpoint: HTTP/1.1 in the client's role, one request at a time.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/http/h1_codec.h"
#include "gateway/http/h1_writer.h"
#include "gateway/io/loop.h"
#include "gateway/io/stream.h"

namespace penstock::upstream {

class EndpointPool;

/// What an attempt tells the exchange. Any callback may drop the lease. After on_attempt_failed or on_answer_end
/// nothing more comes.
class AttemptHandler {
 public:
  /// The connection stands, and is encrypted if it should be; only if it did not when it was leased.
  virtual void on_connected() = 0;
  /// 1xx other than 101. Any number of times, before the answer's head.
  virtual void on_interim(const http::ResponseHead& head) = 0;
  /// 101. Connection::start_tunnel() accepts it.
  virtual void on_switch(const http::ResponseHead& head) = 0;
  /// Once. The head is valid until on_answer_end.
  virtual void on_answer_head(const http::ResponseHead& head) = 0;
  /// Also the bytes of a tunnel. Valid during the call.
  virtual void on_answer_body(std::string_view bytes) = 0;
  virtual void on_answer_end(std::span<const http::Field> trailers) = 0;
  /// In a tunnel: the endpoint will send no more.
  virtual void on_tunnel_end() = 0;
  /// The attempt is over without a (whole) answer. `detail` is a literal.
  virtual void on_attempt_failed(ErrorKind kind, const char* detail) = 0;
  /// The endpoint takes no more for now / takes more again.
  virtual void on_upstream_congested() = 0;
  virtual void on_upstream_drained() = 0;

 protected:
  ~AttemptHandler() = default;
};

/// Belongs to its pool's thread; made, leased and destroyed by it.
class Connection final : public io::Disposable, public ListLink, private io::StreamHandler {
 public:
  explicit Connection(EndpointPool& home);
  /// False (errno set) if no socket is to be had.
  bool connect(std::string_view proxy_header, Nanos timeout);

  // ---- for the holder of the lease

  bool connected() const { return connected_; }
  /// Nobody listens there.
  bool refused() const { return refused_; }
  /// Has carried a request before: the endpoint may be closing it just now.
  bool reused() const { return requests_ > 1; }
  /// No byte of this request has been taken by the socket.
  bool nothing_sent() const { return stream_->sent() <= sent_mark_; }
  /// A byte of an answer has come.
  bool answered() const { return answered_; }

  /// Once connected.
  void send_head(const http::RequestLine& line, const http::HeadFields& fields);
  /// `chunk`: as it came, if it came in chunks. Pieces of one chunk must follow one another.
  void send_body(std::string_view bytes, const http::ChunkPlace& chunk = {});
  /// The request is complete: what was framed as chunks is ended, and the wait for the answer begins.
  void send_end(std::span<const http::Field> trailers, Nanos first_byte_timeout);

  /// Between two reads or writes of a body. Counts anew with each.
  void set_idle_timeout(Nanos timeout) { idle_timeout_ = timeout; }

  bool congested() const { return stream_->congested(); }
  void pause();
  void resume();

  /// From now on bytes are passed on as they are, both ways.
  void start_tunnel();
  void finish_tunnel() { stream_->finish(); }

 private:
  friend class EndpointPool;
  friend class Lease;

  // ---- for the pool
  void begin(AttemptHandler& handler, http::Method method);
  bool reusable() const;
  void park(Nanos idle_timeout);
  void close();

  // ---- io::StreamHandler
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_error(int error) override;
  void on_congested() override;
  void on_drained() override;

  void process(std::string_view in);
  bool handle_head();
  bool handle_end(bool more_bytes);
  void fail(ErrorKind kind, const char* detail);
  void fail_tls();
  void keep_waiting();
  void timed_out();

  EndpointPool& home_;
  io::StreamPtr stream_;
  AttemptHandler* handler_ = nullptr;  ///< null while idle
  Deadline deadline_;
  Nanos idle_timeout_ = 0;
  Nanos connect_started_ = 0;
  std::uint64_t sent_mark_ = 0;  ///< Stream::sent() when the request's first byte is the next
  std::uint64_t requests_ = 0;
  std::size_t proxy_header_size_ = 0;  ///< until the first request
  http::H1ResponseParser parser_;
  std::string stash_;  ///< received while paused
  http::BodyKind request_body_ = http::BodyKind::none;
  std::uint8_t interims_ = 0;
  bool connected_ = false;
  bool refused_ = false;
  bool request_complete_ = false;
  bool waiting_ = false;  ///< request complete, no byte of the answer yet
  bool answered_ = false;
  bool head_seen_ = false;
  bool interim_ = false;
  bool answer_complete_ = false;
  bool clean_ = false;  ///< the answer ended where the bytes ended, and the endpoint keeps the connection
  bool paused_ = false;
  bool tunnel_ = false;
};

}  // namespace penstock::upstream
