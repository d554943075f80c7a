#include "gateway/routing/canonical.h"

#include <algorithm>

#include "gateway/base/percent.h"

namespace penstock::routing {
namespace {

/// One pass without early exits, which compilers turn into a few wide instructions for the usual short path.
bool is_canonical(std::string_view path) {
  unsigned odd = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const auto slashes = static_cast<unsigned>(path[i] == '/') & static_cast<unsigned>(path[i - 1] == '/');
    odd |= static_cast<unsigned>(path[i] == '%') | slashes;
  }
  return odd == 0;
}

/// The byte that path[i], a "%", stands for; -1 if it has to stay encoded.
int decoded_at(std::string_view path, std::size_t i) {
  const int byte = percent_byte(path.substr(i));
  return byte == '/' || byte == '%' ? -1 : byte;
}

char upper_hex(char c) {
  return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// `out` holds at least path.size() bytes. Returns the length of the result.
std::size_t canonicalise(std::string_view path, char* out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '/' && size > 0 && out[size - 1] == '/') continue;
    if (c != '%') {
      out[size++] = c;
    } else if (const int byte = decoded_at(path, i); byte >= 0) {
      out[size++] = static_cast<char>(byte);
      i += 2;
    } else {
      out[size++] = c;
      for (const std::size_t end = std::min(i + 2, path.size() - 1); i < end;) out[size++] = upper_hex(path[++i]);
    }
  }
  return size;
}

std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

CanonicalPath::CanonicalPath(std::string_view raw) : view_(raw) {
  if (is_canonical(raw) || !raw.starts_with('/')) return;
  char* out = buffer_.data();
  if (raw.size() > buffer_.size()) {
    long_.resize(raw.size());
    out = long_.data();
  }
  view_ = {out, canonicalise(raw, out)};
}

CanonicalHost::CanonicalHost(std::string_view authority) {
  std::string_view host = without_port(authority);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > buffer_.size()) return;
  size_ = host.size();
  std::ranges::transform(host, buffer_.begin(), lower);
}

}  // namespace penstock::routing
