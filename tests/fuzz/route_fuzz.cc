// Request targets, from the bytes to the route: what is guarded by its path can't be reached under another spelling.
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/percent.h"
#include "gateway/http/target.h"
#include "gateway/routing/canonical.h"
#include "gateway/routing/route_table.h"
#include "tests/fuzz/h1_fuzz.h"

namespace penstock {
namespace {

using http::must;

conf::Config guarded() {
  conf::Config config;
  for (const char* path : {"/admin/*", "/public/*", "/users/{id}/orders", "/exact"}) {
    conf::Route& route = config.routes.emplace_back();
    route.id = route.match.path = path;
  }
  return config;
}

/// Decoded as far as a backend could: once, every byte.
std::string decode(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    const int byte = percent_byte(path.substr(i));
    must(byte >= 0, "a bad percent-encoding");
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

/// A dot segment between the slashes of the path as it was sent, whichever way its dots are spelt.
bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string segment = decode(path.substr(0, end));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(end);
  }
  return false;
}

void check(const http::RequestHead& head) {
  static const conf::Config kConfig = guarded();
  static const routing::RouteTable kTable(kConfig);
  must(head.path.starts_with('/'), "a path without its slash");
  must(!has_dot_segment(head.path), "a dot segment is left");
  must(decode(head.path).find('\0') == std::string::npos, "a NUL is left");

  const routing::CanonicalPath canonical(head.path);
  const std::string path(canonical.view());
  must(path.find("//") == std::string::npos, "slashes are not merged");
  http::must_equal(std::string(routing::CanonicalPath(path).view()), path, "the canonical form has another one");
  const std::uint32_t route = kTable.match(head).route;
  must((route == 0) == path.starts_with("/admin/"), "the guarded route is missed, or taken for nothing");
  must((route == 3) == (path == "/exact"), "the exact route is missed, or taken for nothing");
}

}  // namespace
}  // namespace penstock

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  http::RequestHead head;
  head.method = http::Method::get;
  head.target = {reinterpret_cast<const char*>(data), size};
  const std::string_view host = "h";
  std::string scratch;
  if (http::parse_target(head, &host, scratch)) return 0;
  check(head);

  // Sent on, it is what it was.
  const std::string path(head.path);
  http::RequestHead again;
  again.method = http::Method::get;
  again.target = path;
  http::must(http::parse_target(again, &host, scratch) == nullptr, "a normalised path is refused");
  http::must_equal(std::string(again.path), path, "normalising twice is not normalising once");
  return 0;
}
