#include "gateway/proxy/redirect.h"

namespace penstock::proxy {

std::string expand_redirect(std::string_view to, const http::RequestHead& head) {
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
      out += "http";
    } else if (name == "{host}") {
      out += head.authority;
    } else if (name == "{path}") {
      out += head.path;
    } else if (name == "{query}") {
      out += head.query;
    } else if (name == "{uri}") {
      out += head.path;
      if (head.has_query) out.append("?").append(head.query);
    } else {
      out += name;
    }
  }
  return out;
}

}  // namespace penstock::proxy
