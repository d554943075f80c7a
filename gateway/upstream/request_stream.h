// One request to one endpoint, and its answer. With HTTP/1.1 it is a connection, with HTTP/2 one stream of many.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/base/deadline_wheel.h"
#include "gateway/base/error.h"
#include "gateway/http/outgoing.h"

namespace penstock::upstream {

/// Why there is no (whole) answer, and what is needed to tell whether the request may be sent again.
struct Failure {
  /// How far it had come.
  enum class Stage : std::uint8_t {
    connecting,  ///< there was no connection, and so nothing was sent
    waiting,     ///< no byte of an answer had come
    answering,   ///< within the answer
  };

  ErrorKind kind = ErrorKind::none;
  const char* detail = "";  ///< a literal
  Stage stage = Stage::connecting;
  bool sent = false;           ///< the endpoint may have had some of the request
  bool reused = false;         ///< the connection had carried a request before
  bool refused = false;        ///< nobody listens there
  bool gateways_want = false;  ///< with connect_failed: there was no port or memory for it; not the endpoint's doing

  /// A connection from the pool that the endpoint was closing while the request was on its way (RFC 9110 §9.2.2,
  /// RFC 9112 §9.3.1). It says nothing against the endpoint.
  bool may_be_stale() const { return kind == ErrorKind::upstream_reset && stage == Stage::waiting && reused; }
};

/// What a stream tells its holder, on its thread. Any callback may give the stream back. After on_failed or
/// on_answer_end nothing more comes.
class RequestStreamHandler {
 public:
  /// The request may be sent; only if RequestStream::ready() was false. At most once.
  virtual void on_ready() = 0;
  /// 1xx other than 101. Any number of times, before the answer's head.
  virtual void on_interim(const http::ResponseHead& head) = 0;
  /// 101. RequestStream::start_tunnel() accepts it.
  virtual void on_switch(const http::ResponseHead& head) = 0;
  /// Once. The head is valid until on_answer_end.
  virtual void on_answer_head(const http::ResponseHead& head) = 0;
  /// Also the bytes of a tunnel. Valid during the call.
  virtual void on_answer_body(std::string_view bytes) = 0;
  virtual void on_answer_end(std::span<const http::Field> trailers) = 0;
  /// In a tunnel: the endpoint will send no more.
  virtual void on_tunnel_end() = 0;
  /// It is over without a (whole) answer.
  virtual void on_failed(const Failure& failure) = 0;
  /// The endpoint takes no more for now / takes more again.
  virtual void on_request_congested() = 0;
  virtual void on_request_drained() = 0;

 protected:
  ~RequestStreamHandler() = default;
};

/// Belongs to its worker's thread. Lent by a pool from take() to release().
class RequestStream {
 public:
  /// A request may be sent. Else on_ready or on_failed follows.
  virtual bool ready() const = 0;
  /// It rests on a connection that has carried a request before: the endpoint may be closing it just now.
  virtual bool reused() const = 0;
  /// Some byte of this request has been taken by the socket.
  virtual bool sent() const = 0;

  /// Once it is ready.
  virtual void send_head(const http::OutgoingRequest& request) = 0;
  /// `chunk`: as it came, if it came in chunks. Pieces of one chunk must follow one another.
  virtual void send_body(std::string_view bytes, const http::ChunkPlace& chunk = {}) = 0;
  /// The request is complete, and the wait for the answer begins.
  virtual void send_end(std::span<const http::Field> trailers, Nanos first_byte_timeout) = 0;

  /// Between two reads or writes of a body. Counts anew with each.
  virtual void set_idle_timeout(Nanos timeout) = 0;

  /// The endpoint takes no more for now: on_request_drained follows.
  virtual bool congested() const = 0;
  /// Of the answer. Between the two nothing of it is told; it is kept, within bounds. resume() may call back.
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// From now on bytes are passed on as they are, both ways.
  virtual void start_tunnel() = 0;
  virtual void finish_tunnel() = 0;

  /// Gives it back: what is under way is cancelled. The last call; nothing is told after it.
  virtual void release() = 0;

 protected:
  ~RequestStream() = default;
};

}  // namespace penstock::upstream
