// A head that is about to be sent, without a version: what it says, not how a protocol writes it down.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"

namespace penstock::http {

/// How a message is framed on this hop.
struct Framing {
  BodyKind body = BodyKind::none;
  std::uint64_t length = 0;  ///< with BodyKind::length
};

/// Fields of an outgoing head: views into the received head, into `text`, and into literals. Reused, keeps its
/// capacity.
struct FieldSet {
  std::vector<Field> passed;  ///< of the received head, in its order, those that are left out already taken away
  std::vector<Field> added;
  std::string text;  ///< values that are made here; never grows while views into it are handed out
};

struct RequestLine {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  bool has_query = false;
};

struct StatusLine {
  int status = 200;
  std::string_view reason;
};

/// Views that are valid during the call which is handed them. What a protocol needs besides (framing, connection
/// options) is the stream's own.
struct OutgoingRequest {
  RequestLine line;
  std::span<const Field> passed;
  std::span<const Field> added;
  Framing framing;
  bool upgrades = false;  ///< asks for the protocol that the passed Upgrade field names
};

/// The same for an answer. How it is framed for this client is the stream's matter: `framing` says how it came.
struct OutgoingResponse {
  StatusLine line;
  std::span<const Field> passed;
  std::span<const Field> added;
  Framing framing;
};

}  // namespace penstock::http
