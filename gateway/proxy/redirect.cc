#include "gateway/proxy/redirect.h"

namespace penstock::proxy {
namespace {

/// At the front of a Location, two slashes begin a host (RFC 3986 §4.2): the client would be sent wherever the request
/// says.
std::string_view path_after(std::string_view out, std::string_view path) {
  if (!out.empty()) return path;
  while (path.starts_with("//")) path.remove_prefix(1);
  return path;
}

}  // namespace

std::string expand_redirect(std::string_view to, std::string_view scheme, const http::RequestHead& head) {
  std::string out;
  while (!to.empty()) {
    const std::size_t open = to.find('{');
    out += to.substr(0, open);
    if (open == std::string_view::npos) break;
    to.remove_prefix(open);
    const std::size_t close = to.find('}');
    const std::string_view name = to.substr(0, close == std::string_view::npos ? to.size() : close + 1);
    to.remove_prefix(name.size());
    if (name == "{scheme}") {
      out += scheme;
    } else if (name == "{host}") {
      out += head.authority;
    } else if (name == "{path}") {
      out += path_after(out, head.path);
    } else if (name == "{query}") {
      out += head.query;
    } else if (name == "{uri}") {
      out += path_after(out, head.path);
      if (head.has_query) out.append("?").append(head.query);
    } else {
      out += name;
    }
  }
  return out;
}

}  // namespace penstock::proxy
