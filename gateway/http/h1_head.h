// The head of an HTTP/1.x message, byte for byte: lines, fields, framing (RFC 9112, RFC 9110 §5).
//
// Strict on purpose: whatever another parser could read in another way is refused. llhttp has gone over the same bytes
// before; the two must agree (h1_codec.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/http/message.h"

namespace penstock::http {

struct HeadLimits {
  std::size_t line_bytes = 8 << 10;   ///< request line or status line
  std::size_t head_bytes = 32 << 10;  ///< all of the head; trailers likewise
  std::size_t fields = 100;
};

/// What is wrong with a message. `detail` is a literal, for logs and problem+json.
struct HeadError {
  ErrorKind kind = ErrorKind::none;
  const char* detail = "";
  explicit operator bool() const { return kind != ErrorKind::none; }
};

/// `bytes` is a whole head with its empty line. On success the head's views point into `bytes` (or into `scratch`,
/// where a path had to be normalised). The fields' capacity is kept from head to head.
HeadError parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head, std::string& scratch);
/// `to` is the method of the request that this answers; a HEAD's answer has no body.
HeadError parse_response_head(std::string_view bytes, const HeadLimits& limits, Method to, ResponseHead& head);
/// A trailer section with its empty line. Fields that frame, route, authenticate or describe the content are left out
/// (RFC 9110 §6.5.1).
HeadError parse_trailers(std::string_view bytes, const HeadLimits& limits, std::vector<Field>& fields);

/// Named by a Connection field of `head`, and so meant for this hop only, be it a header or a trailer field (RFC 9110
/// §7.6.1). Host, framing and the expectation are not the sender's to take away.
bool named_by_connection(const Head& head, const Field& field);

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text);
/// Calls visit(token) for each element of a comma-separated list, white space stripped, empty ones left out.
template <class Visit>
void for_each_token(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (!item.empty()) visit(item);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace penstock::http
