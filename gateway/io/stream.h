// A connected stream socket (TCP or Unix) on a loop.
//
// On uv_poll_t with the program's own recv and send rather than uv_tcp_t: measured 2 % cheaper per request, it receives
// into the loop's shared buffer, and what was not yet sent when a peer closes is known to the byte (ARCHITECTURE.md).
//
// A stream may be encrypted (secure()); then everything below speaks of what is inside, unless it says otherwise.
#pragma once

#include <uv.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/intrusive_list.h"
#include "gateway/base/slab.h"

namespace penstock::io {

class ClientTls;
class Loop;
class ResumableSession;
class ServerTls;
class SocketAddress;
class TlsSession;

/// What a stream tells its owner. Any callback may close the stream. None is called from inside a call to the stream.
class StreamHandler {
 public:
  /// An outgoing connection stands, or the handshake of an encrypted one is done. Once, before all others; not for
  /// accepted sockets without encryption.
  virtual void on_connected() {}
  /// Valid during the call only. Any number of times while reading is on.
  virtual void on_bytes(std::string_view bytes) = 0;
  /// The peer will send no more. At most once. Of an encrypted stream it means that the peer has said so
  /// (close_notify): one that is merely cut off is an error.
  virtual void on_eof() = 0;
  /// The connection is broken, or could not be made (errno value; EPROTO: encryption has failed, see Stream::tls()). At
  /// most once, and the last.
  virtual void on_error(int error) = 0;
  /// Part of what was written at the turn's end was not taken by the socket.
  virtual void on_congested() {}
  /// All that was written has been taken by the socket, after congestion.
  virtual void on_drained() {}

 protected:
  ~StreamHandler() = default;
};

struct StreamFlushLink : ListLink {};

/// Owned through StreamPtr; dropping that closes the socket at once, discarding what was not sent. All on the loop's
/// thread.
class Stream : private StreamFlushLink {
 public:
  struct Closer {
    void operator()(Stream* stream) const { stream->close(); }
  };
  using Ptr = std::unique_ptr<Stream, Closer>;

  /// Takes over an accepted, non-blocking socket. The handler must outlive the stream.
  static Ptr adopt(Loop& loop, int fd, StreamHandler& handler);
  /// Starts to connect; on_connected or on_error follows, never from inside this call. nullptr (errno set) if there is
  /// no socket to be had.
  static Ptr connect(Loop& loop, const SocketAddress& to, StreamHandler& handler);

  /// Encrypts an accepted connection, in the server's role. Before anything is written. `received` was read from it
  /// before, and not by the stream. on_connected or on_error follows, never from inside this call; when the handshake
  /// has to be done is the owner's matter.
  void secure(const std::shared_ptr<const ServerTls>& tls, std::string_view received = {});
  /// Encrypts a connection in the client's role. Right after connect(): on_connected then means the end of the
  /// handshake. `name` (a host name or an IP literal) is what the certificate must be for. `resume` may be null.
  /// `before`: goes out unencrypted, ahead of the handshake.
  void secure(const std::shared_ptr<const ClientTls>& tls, const std::string& name,
              const std::shared_ptr<ResumableSession>& resume, std::string before = {});
  /// What the handshake came to, or why it failed; null without encryption.
  const TlsSession* tls() const { return tls_.get(); }

  void set_handler(StreamHandler& handler) { handler_ = &handler; }

  /// Queues the pieces in order. Small writes are sent together at the turn's end, large ones at once. Never calls
  /// back.
  void write(std::initializer_list<std::string_view> pieces);
  void write(std::string_view bytes) { write({bytes}); }
  /// Space for at least `size` contiguous bytes, to be filled and committed before any other call to any stream of the
  /// loop.
  char* prepare(std::size_t size);
  void commit(std::size_t size);

  /// True while the socket has not taken all: the source should pause until on_drained.
  bool congested() const { return (polled_ & UV_WRITABLE) != 0 && !connecting_; }
  /// Bytes written but not yet taken by the socket; those of an encrypted stream partly as they go over the wire.
  std::size_t unsent() const {
    return pending_size_ + (backlog_ ? backlog_->size() - backlog_sent_ : 0) + (tls_ ? unsent_sealed() : 0);
  }
  /// Bytes taken by the socket since the connection stood. Encrypted, they are counted as they go over the wire,
  /// without the handshake: it grows if, and only if, something of what was written has left.
  std::uint64_t sent() const { return sent_; }

  /// The address at our end, which the system is asked for.
  SocketAddress local_address() const;

  void pause_reading();
  void resume_reading();

  /// Sends what is queued, then the end of the stream (FIN). Nothing may be written after it.
  void finish();
  /// Makes the closing of the socket a reset: the peer can tell that the end is not the end.
  void reset_on_close();

 private:
  friend class Loop;
  template <class T>
  friend class penstock::Slab;
  Stream(Loop& loop, int fd, StreamHandler& handler);
  ~Stream();

  void close();
  void flush();
  void send_now(const struct iovec* pieces, int count, std::size_t total);
  void to_backlog(std::string_view bytes);
  void poll();
  void receive();
  void send_backlog();
  void check_disconnect();
  void finish_connecting();
  void fail_writing();
  void fail(int error);
  void queue_flush();

  // stream_tls.cc
  void flush_sealed();
  void write_sealed(const struct iovec* pieces, int count);
  void send_sealed();
  void receive_sealed(std::string_view received);
  void begin_shaking();
  bool shake(std::string_view received);
  void deliver_opened(bool ended, bool failed);
  void drain_sealed();
  void cut_off();
  void fail_sealed();
  std::size_t unsent_sealed() const;

  static void on_poll(uv_poll_t* handle, int status, int events);

  uv_poll_t poll_;
  Loop& loop_;
  StreamHandler* handler_;
  char* pending_ = nullptr;               ///< in the loop's arena
  std::unique_ptr<TlsSession> tls_;       ///< null: no encryption
  std::unique_ptr<std::string> backlog_;  ///< encrypted: only until the turn's end
  std::size_t backlog_sent_ = 0;
  std::size_t prepared_at_ = 0;  ///< between prepare() and commit(), when gathering on the heap
  std::uint64_t sent_ = 0;
  std::uint32_t pending_size_ = 0;
  int fd_;
  int error_ = 0;  ///< found while writing; told at the turn's end
  std::uint8_t polled_ = 0;
  bool reading_ : 1 = true;
  bool connecting_ : 1 = false;  ///< or shaking hands
  bool shaking_ : 1 = false;     ///< the connection stands, its encryption does not
  bool finishing_ : 1 = false;
  bool finished_ : 1 = false;
  bool eof_ : 1 = false;
  bool disconnect_seen_ : 1 = false;
  bool failed_ : 1 = false;
  bool closed_ : 1 = false;
};

using StreamPtr = Stream::Ptr;

}  // namespace penstock::io
