#include "gateway/filters/expand.h"

#include "gateway/filters/path_segments.h"

namespace penstock::filters {
namespace {

struct HostParts {
  std::string_view name;
  std::string_view port;  ///< empty: none is written
};

/// "example.com:8080", "[::1]:8080".
HostParts split(std::string_view authority) {
  const std::size_t name_end = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', name_end == authority.npos ? 0 : name_end);
  if (colon == authority.npos) return {authority, {}};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

std::string_view port_of(const Scope& scope) {
  const std::string_view port = split(scope.head.authority).port;
  if (!port.empty()) return port;
  return scope.scheme == "https" ? "443" : "80";
}

void append_uri(const http::RequestHead& head, std::string& out) {
  out += head.path;
  if (head.has_query) out.append("?").append(head.query);
}

void append(const conf::TemplatePiece& piece, const Scope& scope, std::string& out) {
  using conf::Placeholder;
  switch (piece.placeholder) {
    case Placeholder::none:
      out += piece.text;
      break;
    case Placeholder::path:
      out += scope.head.path;
      break;
    case Placeholder::rest:
      out += behind_segments(scope.head.path, piece.segment);
      break;
    case Placeholder::query:
      out += scope.head.query;
      break;
    case Placeholder::uri:
      append_uri(scope.head, out);
      break;
    case Placeholder::scheme:
      out += scope.scheme;
      break;
    case Placeholder::host:
      out += scope.head.authority;
      break;
    case Placeholder::hostname:
      out += split(scope.head.authority).name;
      break;
    case Placeholder::port:
      out += port_of(scope);
      break;
    case Placeholder::client_ip:
      out += scope.client_ip;
      break;
    case Placeholder::request_id:
      out += scope.request_id;
      break;
    case Placeholder::parameter:
      out += segment(scope.head.path, piece.segment);
      break;
  }
}

}  // namespace

void expand(const conf::TextTemplate& text, const Scope& scope, std::string& out) {
  for (const conf::TemplatePiece& piece : text.pieces) append(piece, scope, out);
}

}  // namespace penstock::filters
