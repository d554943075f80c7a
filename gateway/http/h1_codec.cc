#include "gateway/http/h1_codec.h"

#include <algorithm>
#include <utility>

#include "gateway/base/release.h"
#include "gateway/base/slice.h"

namespace penstock::http {
namespace {

/// One chunk's size line, its extensions included.
constexpr std::uint64_t kChunkLineMax = 1024;
/// How much framing a body may carry beyond 16 bytes a chunk and two bytes a byte of data, in all.
constexpr std::uint64_t kExcessMax = 16 << 10;
/// Larger chunks are not passed on as they are: no backend shall have to believe a size of exabytes.
constexpr std::uint64_t kChunkKeptMax = 1 << 30;
/// Capacity that an idle parser may keep.
constexpr std::size_t kKeptCapacity = 4 << 10;

constexpr HeadError kEndlessExtensions = {ErrorKind::bad_request, "chunk extensions without end"};

}  // namespace

const llhttp_settings_t& H1Parser::settings() {
  // All callbacks only note what happened and pause: llhttp_execute() returns there.
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_headers_complete = [](llhttp_t* p) -> int {
      static_cast<H1Parser*>(p->data)->signal_ = Signal::head;
      p->upgrade = 0;  // what follows an upgrade is decided by the answer, not by the request
      return HPE_PAUSED;
    };
    s.on_chunk_header = [](llhttp_t* p) -> int {
      static_cast<H1Parser*>(p->data)->signal_ = Signal::chunk_header;
      return HPE_PAUSED;
    };
    s.on_chunk_extension_name = [](llhttp_t* p, const char*, std::size_t size) -> int {
      static_cast<H1Parser*>(p->data)->extension_named_ |= size > 0;
      return HPE_OK;
    };
    s.on_chunk_extension_name_complete = [](llhttp_t* p) -> int {  // llhttp lets "5;=x" pass
      return std::exchange(static_cast<H1Parser*>(p->data)->extension_named_, false) ? HPE_OK : HPE_USER;
    };
    s.on_body = [](llhttp_t* p, const char* at, std::size_t size) -> int {
      auto* parser = static_cast<H1Parser*>(p->data);
      parser->signal_ = Signal::body;
      parser->body_ = {at, size};
      return HPE_PAUSED;
    };
    s.on_message_complete = [](llhttp_t* p) -> int {
      static_cast<H1Parser*>(p->data)->signal_ = Signal::end;
      return HPE_PAUSED;
    };
    return s;
  }();
  return kSettings;
}

void H1Parser::reset() {
  state_ = State::start;
  leading_ = 0;
  bytes_.clear();
  error_ = {};
}

void H1Parser::trim() {
  reset();
  for (std::string* buffer : {&bytes_, &trailer_bytes_, &untabbed_}) {
    if (buffer->capacity() > kKeptCapacity) release(*buffer);
  }
}

H1Parser::Event H1Parser::next(std::string_view& in) {
  switch (state_) {
    case State::start:
      return skip_leading(in);
    case State::head:
      return feed_head(in);
    case State::refused:
      return in.empty() ? Event::need_more : feed_refused(in);
    case State::length:
      return feed_length(in);
    case State::until_close:
      if (in.empty()) return Event::need_more;
      body_ = std::exchange(in, {});
      return Event::body;
    case State::chunked:
      return feed_chunked(in);
    case State::trailers:
      return feed_trailers(in);
    case State::end:
      state_ = State::start;
      leading_ = 0;
      return Event::end;
    case State::failed:
      break;
  }
  return Event::error;
}

/// RFC 9112 §2.2: a server should pass over one empty line before a request. One, and nothing like it.
H1Parser::Event H1Parser::skip_leading(std::string_view& in) {
  if (in.empty()) return Event::need_more;
  if (type() == HTTP_REQUEST) {
    while (!in.empty() && leading_ < 2 && in.front() == (leading_ == 0 ? '\r' : '\n')) {
      in.remove_prefix(1);
      ++leading_;
    }
    if (in.empty()) return Event::need_more;
    if (leading_ == 1 || in.front() == '\r' || in.front() == '\n') {
      bytes_.clear();
      return fail({ErrorKind::bad_request, "empty lines before a request"});
    }
  }
  leading_ = 0;
  llhttp_init(&parser_, type(), &settings());
  parser_.data = this;
  bytes_.clear();
  trailers_.clear();
  chunk_line_ = excess_ = 0;
  chunk_ = {};
  extension_named_ = false;
  state_ = State::head;
  return feed_head(in);
}

llhttp_errno_t H1Parser::execute(std::string_view in, std::size_t& used) {
  signal_ = Signal::none;
  if (llhttp_get_errno(&parser_) == HPE_PAUSED) llhttp_resume(&parser_);
  const llhttp_errno_t result = llhttp_execute(&parser_, in.data(), in.size());
  used = result == HPE_OK ? in.size() : static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - in.data());
  return result;
}

bool H1Parser::line_too_long() const {
  return std::min(bytes_.find('\n'), bytes_.size()) > limits_.line_bytes + 1;  // with its CR
}

/// llhttp takes tabs around a Content-Length or a Transfer-Encoding for part of the value; RFC 9110 §5.6.3 says white
/// space. So it is given spaces, and the strict reader, which sees the real bytes, has the last word. Not in the first
/// line, where a tab is as wrong to llhttp as it should be.
std::string_view H1Parser::without_tabs(std::string_view in) {
  const std::size_t begin = bytes_.find('\n') == std::string::npos ? in.find('\n') : 0;
  if (begin == std::string_view::npos || in.find('\t', begin) == std::string_view::npos) return in;
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (const std::size_t end = in.find(kEnd); end != std::string_view::npos) {  // what is behind it is no head
    in = slice(in, 0, end + kEnd.size());
    if (in.find('\t', begin) == std::string_view::npos) return in;
  }
  untabbed_.assign(in);
  std::replace(untabbed_.begin() + static_cast<std::ptrdiff_t>(begin), untabbed_.end(), '\t', ' ');
  return untabbed_;
}

/// llhttp is given one byte more than a head may have, and no more: so a limit is met, or an error found, at the same
/// byte however the bytes were split.
H1Parser::Event H1Parser::feed_head(std::string_view& in) {
  if (in.empty()) return Event::need_more;
  const std::string_view piece = slice(in, 0, std::min(in.size(), limits_.head_bytes + 1 - bytes_.size()));
  std::size_t used = 0;
  const llhttp_errno_t result = execute(without_tabs(piece), used);
  if (result != HPE_OK && signal_ != Signal::head) {
    // Of an answer there is nothing more to tell: an endpoint that speaks another protocol may never end its line.
    if (type() == HTTP_RESPONSE) return fail(classify({}));
    state_ = State::refused;
    return feed_refused(in);
  }
  bytes_.append(piece.data(), used);
  in = slice_from(in, used);
  if (signal_ == Signal::head) return finish_head();
  if (line_too_long()) return fail({ErrorKind::uri_too_long, "a request line over the limit"});
  // llhttp takes a line without a version for HTTP/0.9 and waits for fields, while its sender waits for an answer.
  const bool unversioned = type() == HTTP_REQUEST && parser_.http_major == 0 && bytes_.find('\n') != std::string::npos;
  if (unversioned) return fail(classify(bytes_));
  if (bytes_.size() > limits_.head_bytes) return fail({ErrorKind::headers_too_large, "a head over the limit"});
  return Event::need_more;
}

/// llhttp stops at the first wrong byte. What kind of wrong it is can be told from the first line, when that is there,
/// and from nothing after it, for that may not have come yet. A control character within the line needs no more
/// waiting.
H1Parser::Event H1Parser::feed_refused(std::string_view& in) {
  bytes_.append(std::exchange(in, {}));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\r'; };
  const auto end = std::find_if(bytes_.begin(), bytes_.end(), is_control);
  if (static_cast<std::size_t>(end - bytes_.begin()) > limits_.line_bytes + 1) {
    return fail({ErrorKind::uri_too_long, "a request line over the limit"});
  }
  if (end == bytes_.end()) return Event::need_more;
  if (*end != '\n') return fail({ErrorKind::bad_request, "a control character in the first line"});
  return fail(classify(bytes_));
}

H1Parser::Event H1Parser::finish_head() {
  if (HeadError error = parse_head(bytes_)) return fail(error);
  const Head& head = base_head();
  const bool llhttp_chunked = (parser_.flags & F_CHUNKED) != 0;
  switch (head.body) {
    case BodyKind::none:
      state_ = State::end;
      break;
    case BodyKind::length:
      left_ = head.content_length;
      if (left_ != parser_.content_length) return fail({ErrorKind::bad_request, "an ambiguous length"});
      state_ = left_ ? State::length : State::end;
      break;
    case BodyKind::chunked:
      if (!llhttp_chunked) return fail({ErrorKind::bad_request, "an ambiguous Transfer-Encoding"});
      state_ = State::chunked;
      break;
    case BodyKind::until_close:
      state_ = State::until_close;
      break;
  }
  return Event::head;
}

H1Parser::Event H1Parser::feed_length(std::string_view& in) {
  if (in.empty()) return Event::need_more;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  body_ = slice(in, 0, size);
  in = slice_from(in, size);
  left_ -= size;
  if (left_ == 0) state_ = State::end;
  return Event::body;
}

H1Parser::Event H1Parser::feed_chunked(std::string_view& in) {
  while (!in.empty()) {
    std::size_t used = 0;
    const llhttp_errno_t result = execute(in, used);
    if (result != HPE_OK && result != HPE_PAUSED) return fail({ErrorKind::bad_request, "bad chunked framing"});
    in = slice_from(in, used);
    chunk_line_ += used - (signal_ == Signal::body ? body_.size() : 0);
    if (chunk_line_ > kChunkLineMax) return fail(kEndlessExtensions);
    if (signal_ == Signal::body) {
      // llhttp has counted the piece off already.
      if (chunk_size_ <= kChunkKeptMax) chunk_ = {chunk_size_, chunk_size_ - parser_.content_length - body_.size()};
      return Event::body;
    }
    if (signal_ != Signal::chunk_header) continue;
    chunk_size_ = parser_.content_length;
    chunk_ = {};
    // Reckoned once a chunk, from its size, so that it does not matter in how many pieces the data comes.
    excess_ += std::exchange(chunk_line_, 0);
    excess_ -= std::min(excess_, 16 + 2 * std::min(parser_.content_length, kExcessMax));
    if (excess_ > kExcessMax) return fail(kEndlessExtensions);
    if (parser_.content_length == 0) {
      trailer_bytes_.clear();
      state_ = State::trailers;
      return feed_trailers(in);
    }
  }
  return Event::need_more;
}

H1Parser::Event H1Parser::feed_trailers(std::string_view& in) {
  while (!in.empty()) {
    const std::string_view piece = in.substr(0, limits_.head_bytes + 1 - trailer_bytes_.size());
    std::size_t used = 0;
    const llhttp_errno_t result = execute(piece, used);
    if (result != HPE_OK && result != HPE_PAUSED) return fail({ErrorKind::bad_request, "a bad trailer section"});
    trailer_bytes_.append(in.data(), used);
    in.remove_prefix(used);
    if (trailer_bytes_.size() > limits_.head_bytes)
      return fail({ErrorKind::headers_too_large, "trailers over the limit"});
    if (signal_ != Signal::end) continue;
    if (HeadError error = parse_trailers(trailer_bytes_, limits_, trailers_)) return fail(error);
    std::erase_if(trailers_, [this](const Field& field) { return named_by_connection(base_head(), field); });
    state_ = State::start;
    return Event::end;
  }
  return Event::need_more;
}

H1Parser::Event H1Parser::finish() {
  if (state_ == State::until_close) {
    state_ = State::start;
    return Event::end;
  }
  if (state_ == State::failed) return Event::error;
  if (state_ == State::start || state_ == State::end) return Event::need_more;
  return fail({type() == HTTP_REQUEST ? ErrorKind::bad_request : ErrorKind::upstream_truncated, "a message cut short"});
}

H1Parser::Event H1Parser::fail(HeadError error) {
  if (type() == HTTP_RESPONSE && error.kind != ErrorKind::upstream_truncated) error.kind = ErrorKind::upstream_protocol;
  error_ = error;
  state_ = State::failed;
  return Event::error;
}

/// llhttp says that something is wrong, not always what. The strict reader names it, if it can see it: the kind from
/// the request line, a telling detail from the rest if it is there.
HeadError H1RequestParser::classify(std::string_view bytes) {
  const HeadLimits limits = {.line_bytes = bytes.size(), .head_bytes = 2 * bytes.size() + 16, .fields = bytes.size()};
  const std::string line = std::string(bytes.substr(0, bytes.find('\n') + 1)) + "Host: a\r\n\r\n";
  if (const HeadError error = parse_request_head(line, limits, head_, path_)) return error;
  if (head_.method == Method::other) return {ErrorKind::method_unknown, "a method that is not known"};
  const HeadError error = parse_request_head(bytes, limits, head_, path_);
  return error.kind == ErrorKind::bad_request ? error : HeadError{ErrorKind::bad_request, "a malformed request"};
}

}  // namespace penstock::http
