// HTTP/1.x, sending side: heads and chunks → bytes.
//
// Heads are written straight into the bytes that go to the socket. Field lines that are passed on as they came are
// copied from the received head, neighbours in one go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/http/outgoing.h"

namespace penstock::http {

/// The rest of a head, after its first line: passed-on fields, then the added ones, then framing and Connection.
struct HeadFields {
  std::span<const Field> passed;
  std::span<const Field> added;
  Framing framing;              ///< BodyKind::none and until_close write no framing field
  std::string_view connection;  ///< value of the Connection field; empty: none
};

/// "GET /path?query HTTP/1.1" and the fields. At most head_bound() bytes; returns the end.
std::size_t head_bound(const RequestLine& line, const HeadFields& fields);
char* write_head(char* out, const RequestLine& line, const HeadFields& fields);

/// "HTTP/1.1 200 OK" and the fields, likewise.

std::size_t head_bound(const StatusLine& line, const HeadFields& fields);
char* write_head(char* out, const StatusLine& line, const HeadFields& fields);

/// A chunk's size line: at most kChunkSizeMax bytes, with its CRLF.
inline constexpr std::size_t kChunkSizeMax = 18;
char* write_chunk_size(char* out, std::uint64_t size);

/// The last chunk and the trailer section.
std::size_t last_chunk_bound(std::span<const Field> trailers);
char* write_last_chunk(char* out, std::span<const Field> trailers);

}  // namespace penstock::http
