// HTTP/1.x, sending side: heads and chunks → bytes.
//
// Heads are written straight into the bytes that go to the socket. Field lines that are passed on as they came are
// copied from the received head, neighbours in one go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/http/message.h"

namespace penstock::http {

/// How a message is framed on this hop.
struct Framing {
  BodyKind body = BodyKind::none;  ///< length, chunked; none and until_close write no framing field
  std::uint64_t length = 0;
};

/// The rest of a head, after its first line: passed-on fields, then the added ones, then framing and Connection.
struct HeadFields {
  std::span<const Field> passed;  ///< of the received head, those that are left out already taken away
  std::span<const Field> added;
  Framing framing;
  std::string_view connection;  ///< value of the Connection field; empty: none
};

/// "GET /path?query HTTP/1.1".
struct RequestLine {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  bool has_query = false;
};

/// write_head() writes no more bytes than that, and returns their end.
std::size_t head_bound(const RequestLine& line, const HeadFields& fields);
char* write_head(char* out, const RequestLine& line, const HeadFields& fields);

struct StatusLine {
  int status = 200;
  std::string_view reason;
};

std::size_t head_bound(const StatusLine& line, const HeadFields& fields);
char* write_head(char* out, const StatusLine& line, const HeadFields& fields);

/// A chunk's size line: at most kChunkSizeMax bytes, with its CRLF.
inline constexpr std::size_t kChunkSizeMax = 18;
char* write_chunk_size(char* out, std::uint64_t size);

/// The last chunk and the trailer section.
std::size_t last_chunk_bound(std::span<const Field> trailers);
char* write_last_chunk(char* out, std::span<const Field> trailers);

}  // namespace penstock::http
