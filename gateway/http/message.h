// What an HTTP message is, whatever the version of the protocol that carried it.
//
// Heads are views into bytes that somebody else keeps: a Head is valid as long as the storage it was parsed into.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::http {

enum class Method : std::uint8_t { get, head, post, put, delete_, options, patch, connect, trace, other };
inline constexpr std::size_t kMethods = static_cast<std::size_t>(Method::other) + 1;

/// "GET" …; "_OTHER" for Method::other (the OpenTelemetry convention for metrics).
std::string_view name(Method method);
Method parse_method(std::string_view text);
/// RFC 9110 §9.2.2: sending it twice has the effect of sending it once.
bool idempotent(Method method);

/// Names that the gateway itself acts upon; everything else is `other` and passed on.
enum class FieldId : std::uint8_t {
  other,
  authorization,
  client_certificate,  ///< the names by which proxies tell backends whose certificate a client has shown
  connection,
  content_length,
  content_type,
  cookie,
  date,
  expect,
  forwarded,
  forwarded_other,  ///< further names by which proxies tell backends about the client
  grpc_timeout,
  host,
  http2_settings,
  idempotency_key,
  keep_alive,
  max_forwards,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  proxy_status,
  referer,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_request_id,
  x_request_timeout_ms,
};

/// Case-insensitive look-up of a field name, which must be a token (RFC 9110 §5.6.2).
FieldId parse_field_id(std::string_view name);

struct Field {
  std::string_view name;   ///< as received
  std::string_view value;  ///< without surrounding white space
  FieldId id = FieldId::other;
  bool canonical = false;  ///< the bytes at name.data() are exactly "name: value\r\n", and may be copied as they stand
};

enum class Version : std::uint8_t { http10, http11 };
/// As it stands in a message's first line: "HTTP/1.1".
std::string_view name(Version version);
/// nullopt: another one, or none.
std::optional<Version> parse_version(std::string_view text);

/// How the end of a body is known.
enum class BodyKind : std::uint8_t {
  none,         ///< no body
  length,       ///< Content-Length, in `content_length`; may be 0
  chunked,      ///< Transfer-Encoding: chunked
  until_close,  ///< responses only
};

/// Where a piece of a chunked body stands in its chunk, so that the chunk can be passed on as it was made, in however
/// many pieces it came. A size of 0 says nothing about chunks: the piece may be framed as its bearer likes.
struct ChunkPlace {
  std::uint64_t size = 0;    ///< of the whole chunk
  std::uint64_t offset = 0;  ///< of the piece within it
};

/// What both kinds of head have in common.
struct Head {
  Version version = Version::http11;
  BodyKind body = BodyKind::none;
  std::uint64_t content_length = 0;     ///< for BodyKind::length
  bool keep_alive = true;               ///< the sender lets the connection be used again
  bool has_connection_options = false;  ///< a Connection field names something beyond close/keep-alive
  bool wants_upgrade = false;           ///< Connection: upgrade and an Upgrade field
  std::vector<Field> fields;            ///< in the order received

  /// Value of the first field with this id; empty if there is none.
  std::string_view get(FieldId id) const;
  const Field* find(FieldId id) const;
  /// By name, any case.
  const Field* find(std::string_view name) const;
};

struct RequestHead : Head {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;  ///< as received
  /// host[:port] in lower or mixed case as received: the target's authority (absolute-form) or else the Host field;
  /// empty for HTTP/1.0 without one
  std::string_view authority;
  std::string_view path;   ///< of the target, as the backend will see it: "/" at least, or "*"; no query
  std::string_view query;  ///< without the "?"; empty if none
  bool has_query = false;  ///< "/x?" differs from "/x"
  bool expect_continue = false;
};

struct ResponseHead : Head {
  int status = 0;
  std::string_view reason;
};

/// ASCII case-insensitive comparison.
bool iequals(std::string_view a, std::string_view b);

/// "OK" for 200 …; "" for unknown codes.
std::string_view reason_phrase(int status);

}  // namespace penstock::http
