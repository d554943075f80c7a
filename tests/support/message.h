// HTTP/1 messages as the tests see them: read leniently, kept exactly.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/connection.h"

namespace penstock::e2e {

/// Header or trailer fields, in the order received. Names compare without regard to case.
struct Fields {
  std::vector<std::pair<std::string, std::string>> list;

  /// The first one's value; "" if there is none.
  std::string get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  bool has(std::string_view name) const { return !all(name).empty(); }
};

struct Message {
  std::string raw;         ///< every byte of it
  std::string start_line;  ///< without CRLF
  Fields fields;
  std::string body;  ///< without chunk framing
  Fields trailers;
  bool complete = false;         ///< false if the connection ended inside it
  std::vector<Message> interim;  ///< 1xx answers that came before this one

  /// Of a response; 0 if the line has none.
  int status() const;
  /// Of a request.
  std::string method() const;
  std::string target() const;
  std::string operator[](std::string_view name) const { return fields.get(name); }
};

/// What the framing of a body depends on, beside the fields.
enum class Framing {
  request,
  response,
  response_without_body,  ///< to HEAD
};

/// Start line and fields. Throws Ended if the connection ends before; HarnessError if the bytes are no HTTP at all.
Message read_head(Connection& connection);
/// The rest, as the fields say. Never throws Ended: the message stays incomplete.
void read_body(Connection& connection, Message& message, Framing framing);
/// Both.
Message read_message(Connection& connection, Framing framing);
/// Reads messages up to one that is not 1xx, or is 101.
Message read_final_response(Connection& connection, Framing framing);

/// "5\r\nhello\r\n": one chunk.
std::string chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace penstock::e2e
