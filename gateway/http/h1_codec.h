// HTTP/1.x, receiving side: bytes → head, body, trailers, end. One parser per connection, in either role.
//
// It is pulled: next() takes bytes off the front of what was received and says what they were. Nothing is called back,
// so the caller may stop, pause, or destroy the parser between any two events, and what is left of the bytes is the
// caller's.
//
// Heads and chunks are read by llhttp; heads are then read again by h1_head, which is stricter and decides on the
// framing.
#pragma once

#include <llhttp.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/h1_head.h"
#include "gateway/http/message.h"

namespace penstock::http {

class H1Parser {
 public:
  enum class Event : std::uint8_t {
    need_more,  ///< all bytes are taken, and there is nothing to tell
    head,       ///< a head is complete: head() until the message's end
    body,       ///< body(): a view into the bytes handed in
    end,        ///< the message is complete: trailers()
    error,      ///< error(): final; the connection can't be used any more
  };

  H1Parser() = default;
  explicit H1Parser(const HeadLimits& limits) : limits_(limits) {}
  virtual ~H1Parser() = default;
  H1Parser(const H1Parser&) = delete;
  H1Parser& operator=(const H1Parser&) = delete;

  /// Consumes from the front of `in`. After `end` the next message begins.
  Event next(std::string_view& in);
  /// The peer has closed. `end` if that ends the message, `need_more` between messages, `error` if it cuts one short.
  Event finish();

  std::string_view body() const { return body_; }
  /// Of body().
  const ChunkPlace& chunk() const { return chunk_; }
  const std::vector<Field>& trailers() const { return trailers_; }
  const HeadError& error() const { return error_; }
  /// The bytes of the head so far, also of one that is refused.
  std::string_view head_bytes() const { return bytes_; }
  /// No message has begun.
  bool idle() const { return state_ == State::start && leading_ == 0; }
  /// A head has begun and is not complete.
  bool in_head() const { return state_ == State::head || state_ == State::refused || leading_ != 0; }

  /// Back to the start of a message.
  void reset();
  void reset(const HeadLimits& limits) {
    limits_ = limits;
    reset();
  }
  /// Back to the start, with no more memory than an idle parser may keep.
  void trim();
  /// Memory of its buffers, in bytes.
  std::size_t capacity() const { return bytes_.capacity() + trailer_bytes_.capacity() + untabbed_.capacity(); }

 protected:
  /// Reads a whole head; fills the subclass' head.
  virtual HeadError parse_head(std::string_view bytes) = 0;
  virtual Head& base_head() = 0;
  virtual llhttp_type_t type() const = 0;
  /// A more telling error than llhttp's, for the bytes of a head that it refused: a whole line, and perhaps more. Its
  /// kind depends on the first line only.
  virtual HeadError classify(std::string_view bytes) = 0;

  HeadLimits limits_;

 private:
  enum class State : std::uint8_t { start, head, refused, length, until_close, chunked, trailers, end, failed };

  Event skip_leading(std::string_view& in);
  Event feed_head(std::string_view& in);
  Event feed_length(std::string_view& in);
  Event feed_chunked(std::string_view& in);
  Event feed_trailers(std::string_view& in);
  Event finish_head();
  Event fail(HeadError error);
  Event feed_refused(std::string_view& in);
  std::string_view without_tabs(std::string_view in);
  bool line_too_long() const;
  llhttp_errno_t execute(std::string_view in, std::size_t& used);

  static const llhttp_settings_t& settings();

  enum class Signal : std::uint8_t { none, head, chunk_header, body, end };

  llhttp_t parser_{};
  State state_ = State::start;
  Signal signal_ = Signal::none;
  std::uint8_t leading_ = 0;  ///< bytes of the empty line that may come before a request
  std::string bytes_;         ///< of the head
  std::string trailer_bytes_;
  std::string untabbed_;
  std::uint64_t left_ = 0;        ///< of a body with a length
  std::uint64_t chunk_line_ = 0;  ///< bytes of framing since the last body byte
  std::uint64_t excess_ = 0;      ///< framing beyond what honest chunks need
  bool extension_named_ = false;  ///< the chunk extension that is being read has a name
  std::string_view body_;
  ChunkPlace chunk_;
  std::uint64_t chunk_size_ = 0;  ///< of the chunk that is being read
  std::vector<Field> trailers_;
  HeadError error_;
};

/// Server's role.
class H1RequestParser final : public H1Parser {
 public:
  using H1Parser::H1Parser;
  RequestHead& head() { return head_; }

 private:
  HeadError parse_head(std::string_view bytes) override { return parse_request_head(bytes, limits_, head_, path_); }
  Head& base_head() override { return head_; }
  llhttp_type_t type() const override { return HTTP_REQUEST; }
  HeadError classify(std::string_view bytes) override;

  RequestHead head_;
  std::string path_;  ///< normalised, where that was needed
};

/// Client's role. Errors are of the kind upstream_protocol, or upstream_truncated.
class H1ResponseParser final : public H1Parser {
 public:
  using H1Parser::H1Parser;
  ResponseHead& head() { return head_; }
  /// The method of the request that the next final answer belongs to; before its first byte.
  void expect_answer_to(Method method) { method_ = method; }

 private:
  HeadError parse_head(std::string_view bytes) override { return parse_response_head(bytes, limits_, method_, head_); }
  Head& base_head() override { return head_; }
  llhttp_type_t type() const override { return HTTP_RESPONSE; }
  HeadError classify(std::string_view) override {
    return {ErrorKind::upstream_protocol, "an answer that is not HTTP/1.x"};
  }

  Method method_ = Method::get;
  ResponseHead head_;
};

}  // namespace penstock::http
