#include "gateway/http/target.h"

#include <algorithm>
#include <array>

#include "gateway/base/ip.h"
#include "gateway/base/percent.h"
#include "gateway/base/slice.h"

namespace penstock::http {
namespace {

constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct CharSet {
  std::array<bool, 256> in{};
  constexpr explicit CharSet(std::string_view others) {
    for (int c = 0; c < 128; ++c) in[static_cast<std::size_t>(c)] = is_alnum(static_cast<char>(c));
    for (char c : others) in[static_cast<unsigned char>(c)] = true;
  }
  constexpr bool has(char c) const { return in[static_cast<unsigned char>(c)]; }
};

// RFC 3986: unreserved, sub-delims, ":", "@", "/"; and "[", "]" in queries, which everybody sends. Percent is looked at
// apart.
constexpr CharSet kPath("-._~!$&'()*+,;=:@/");
constexpr CharSet kQuery("-._~!$&'()*+,;=:@/?[]");
// Without the comma: whoever joins or splits repeated fields would see two hosts.
constexpr CharSet kRegName("-._~!$&'()*+;=");

/// Null if all is well. Percent-encodings must be whole, and none may hide a NUL.
template <const CharSet& kSet>
const char* check(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (kSet.has(c)) continue;
    if (c != '%') return "a character that a request target can't have";
    const int byte = percent_byte(text.substr(i));
    if (byte < 0) return "a bad percent-encoding in the target";
    if (byte == 0) return "a NUL in the target";
    i += 2;
  }
  return nullptr;
}

/// "." or "..", in whichever encoding; 0 if the segment is neither.
int dots(std::string_view segment) {
  int count = 0;
  for (std::size_t i = 0; i < segment.size(); ++i, ++count) {
    if (segment[i] == '.') continue;
    if (segment[i] != '%' || i + 2 >= segment.size() || segment[i + 1] != '2' || (segment[i + 2] | 0x20) != 'e')
      return 0;
    i += 2;
  }
  return count <= 2 ? count : 0;
}

bool has_dot_segment(std::string_view path) {
  for (std::size_t at = path.find('/'); at != std::string_view::npos;) {
    const std::size_t next = path.find('/', at + 1);
    const char first = at + 1 < path.size() ? path[at + 1] : '/';
    if ((first == '.' || first == '%') && dots(path.substr(at + 1, next == path.npos ? next : next - at - 1)) > 0)
      return true;
    at = next;
  }
  return false;
}

/// "/a/..%2Fadmin": no dot segment to us, for %2F is no separator, but one to a backend that decodes before it splits.
/// `path` has no plain dot segments (any more).
bool hides_dot_segment(std::string_view path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string_view code = path.substr(i, 3);
    const bool separator = iequals(code, "%2f") || iequals(code, "%5c");
    decoded += separator ? '/' : path[i];
    if (separator) i += 2;
  }
  return decoded.size() < path.size() && has_dot_segment(decoded);
}

/// False if the path climbs above its root.
bool remove_dot_segments(std::string_view path, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < path.size();) {
    std::size_t end = path.find('/', at + 1);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view segment = path.substr(at, end - at);  // with its leading slash
    const int level = dots(segment.substr(1));
    if (level == 0) {
      out += segment;
    } else {
      if (level == 2) {
        if (out.empty()) return false;
        out.resize(out.rfind('/'));
      }
      if (end == path.size()) out += '/';
    }
    at = end;
  }
  return true;
}

const char* set_path_and_query(RequestHead& head, std::string_view rest, std::string& scratch) {
  const std::size_t question = rest.find('?');
  head.has_query = question != std::string_view::npos;
  head.query = head.has_query ? slice_from(rest, question + 1) : std::string_view();
  head.path = slice(rest, 0, std::min(question, rest.size()));
  if (const char* why = check<kPath>(head.path)) return why;
  if (const char* why = check<kQuery>(head.query)) return why;
  if (has_dot_segment(head.path)) {
    if (!remove_dot_segments(head.path, scratch)) return "a path that climbs above its root";
    head.path = scratch;
  }
  if (head.path.find('%') != std::string_view::npos && hides_dot_segment(head.path)) {
    return "a dot segment beside an encoded slash";
  }
  return nullptr;
}

const char* parse_absolute(RequestHead& head, std::string& scratch) {
  std::string_view rest = head.target;
  const std::size_t colon = rest.find("://");
  if (colon == std::string_view::npos) return "a target that is neither a path nor a URI";
  const std::string_view scheme = rest.substr(0, colon);
  if (iequals(scheme, "https")) return "https on a connection that is not secured";  // RFC 9110 §7.4
  if (!iequals(scheme, "http")) return "a scheme other than http";
  rest.remove_prefix(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  head.authority = rest.substr(0, end);
  if (!is_authority(head.authority)) return "a bad authority in the target";
  rest.remove_prefix(end);
  if (!rest.empty() && rest.front() == '/') return set_path_and_query(head, rest, scratch);
  if (const char* why = set_path_and_query(head, rest, scratch)) return why;
  head.path = head.method == Method::options && !head.has_query ? "*" : "/";
  return nullptr;
}

}  // namespace

bool is_authority(std::string_view text) {
  std::size_t host_end;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view literal = text.substr(1, close - 1);
    if (literal.find(':') == std::string_view::npos || !IpAddress::parse(literal)) return false;
    host_end = close + 1;
  } else {
    host_end = std::min(text.find(':'), text.size());
    if (host_end == 0 || check<kRegName>(slice(text, 0, host_end))) return false;
  }
  if (host_end == text.size()) return true;
  if (text[host_end] != ':') return false;
  const std::string_view port = slice_from(text, host_end + 1);
  if (port.size() > 5) return false;
  unsigned value = 0;
  for (char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

std::string_view host_of(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

const char* parse_target(RequestHead& head, const std::string_view* host, std::string& scratch) {
  head.authority = {};
  head.query = {};
  head.has_query = false;
  if (host) {
    if (!is_authority(*host)) return "a bad Host";
    head.authority = *host;
  }
  if (head.target.empty()) return "an empty target";
  if (head.method == Method::connect) {
    head.path = "/";
    return is_authority(head.target) ? nullptr : "a CONNECT whose target is no authority";
  }
  if (head.target.front() == '/') return set_path_and_query(head, head.target, scratch);
  if (head.target == "*") {
    head.path = head.target;
    return head.method == Method::options ? nullptr : "a target of * without OPTIONS";
  }
  return parse_absolute(head, scratch);
}

}  // namespace penstock::http
