#include "gateway/http/message.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "gateway/base/enum_names.h"

namespace penstock::http {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr EnumNames<Method, kMethods> kMethodNames("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH",
                                                   "CONNECT", "TRACE", "_OTHER");
constexpr EnumNames<Version, 2> kVersionNames("HTTP/1.0", "HTTP/1.1");

// Sorted by length, so that a look-up compares with a handful of names at most.
constexpr std::pair<std::string_view, FieldId> kFieldNames[] = {
    {"te", FieldId::te},
    {"via", FieldId::via},
    {"date", FieldId::date},
    {"host", FieldId::host},
    {"cookie", FieldId::cookie},
    {"expect", FieldId::expect},
    {"referer", FieldId::referer},
    {"trailer", FieldId::trailer},
    {"upgrade", FieldId::upgrade},
    {"forwarded", FieldId::forwarded},
    {"x-real-ip", FieldId::forwarded_other},
    {"connection", FieldId::connection},
    {"keep-alive", FieldId::keep_alive},
    {"user-agent", FieldId::user_agent},
    {"client-cert", FieldId::client_certificate},
    {"content-type", FieldId::content_type},
    {"grpc-timeout", FieldId::grpc_timeout},
    {"max-forwards", FieldId::max_forwards},
    {"proxy-status", FieldId::proxy_status},
    {"x-request-id", FieldId::x_request_id},
    {"authorization", FieldId::authorization},
    {"content-length", FieldId::content_length},
    {"http2-settings", FieldId::http2_settings},
    {"idempotency-key", FieldId::idempotency_key},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-ssl", FieldId::forwarded_other},
    {"x-forwarded-uri", FieldId::forwarded_other},
    {"proxy-connection", FieldId::proxy_connection},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-port", FieldId::forwarded_other},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"client-cert-chain", FieldId::client_certificate},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"x-forwarded-method", FieldId::forwarded_other},
    {"x-forwarded-prefix", FieldId::forwarded_other},
    {"x-forwarded-scheme", FieldId::forwarded_other},
    {"x-forwarded-server", FieldId::forwarded_other},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"x-request-timeout-ms", FieldId::x_request_timeout_ms},
    {"x-forwarded-client-cert", FieldId::client_certificate},
};
constexpr std::size_t kFieldNameMax = 23;

std::uint64_t load8(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

/// Compares two tokens of one length; `known` is in lower case. Setting bit 5 folds the case of letters and changes
/// neither
/// "-" nor digits; nothing else in a token becomes one of these by it.
bool same_token(std::string_view token, std::string_view known) {
  constexpr std::uint64_t kFold = 0x2020202020202020;
  const std::size_t size = token.size();
  if ((token[0] | 0x20) != known[0] || (token[size - 1] | 0x20) != known[size - 1]) return false;
  if (size < 8) return iequals(token, known);
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    if ((load8(token.data() + i) | kFold) != load8(known.data() + i)) return false;
  }
  return (load8(token.data() + size - 8) | kFold) == load8(known.data() + size - 8);
}

struct LengthIndex {
  std::array<std::uint8_t, kFieldNameMax + 2> first{};
  constexpr LengthIndex() {
    std::uint8_t i = 0;
    for (std::size_t length = 0; length < first.size(); ++length) {
      while (i < std::size(kFieldNames) && kFieldNames[i].first.size() < length) ++i;
      first[length] = i;
    }
  }
};
constexpr LengthIndex kByLength;

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view name(Method method) {
  return kMethodNames[method];
}

Method parse_method(std::string_view text) {
  // Most requests are this, and each is read here: no walk through the table for it.
  if (text.size() == 3 && std::memcmp(text.data(), "GET", 3) == 0) return Method::get;
  return kMethodNames.find(text).value_or(Method::other);
}

std::string_view name(Version version) {
  return kVersionNames[version];
}

std::optional<Version> parse_version(std::string_view text) {
  // Of a constant size, so that it is one comparison of eight bytes.
  const auto is = [text](const char(&version)[9]) { return std::memcmp(text.data(), version, 8) == 0; };
  if (text.size() != 8) return std::nullopt;
  if (is("HTTP/1.1")) return Version::http11;
  return is("HTTP/1.0") ? std::optional(Version::http10) : std::nullopt;
}

bool idempotent(Method method) {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::delete_:
    case Method::options:
    case Method::trace:
      return true;
    default:
      return false;
  }
}

/// Servers that turn names into variables (CGI, WSGI) take "_" for "-": such a name must not get past us.
static bool tells_of_certificate(std::string_view name) {
  std::array<char, kFieldNameMax> usual;
  std::replace_copy(name.begin(), name.end(), usual.begin(), '_', '-');
  const std::string_view text(usual.data(), name.size());
  return iequals(text, "x-forwarded-client-cert") || iequals(text, "client-cert") || iequals(text, "client-cert-chain");
}

FieldId parse_field_id(std::string_view name) {
  if (name.size() > kFieldNameMax) return FieldId::other;
  const std::size_t end = kByLength.first[name.size() + 1];
  for (std::size_t i = kByLength.first[name.size()]; i < end; ++i) {
    if (same_token(name, kFieldNames[i].first)) return kFieldNames[i].second;
  }
  if (name.find('_') != name.npos && tells_of_certificate(name)) return FieldId::client_certificate;
  return FieldId::other;
}

const Field* Head::find(FieldId id) const {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field* Head::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (iequals(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view Head::get(FieldId id) const {
  const Field* field = find(id);
  return field ? field->value : std::string_view();
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 418:
      return "I'm a teapot";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

}  // namespace penstock::http
