#include "conf/http_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "conf/address.h"
#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_visible(char c) {
  return c > 0x20 && c < 0x7f;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_field_value(std::string_view text) {
  const auto allowed = [](char c) { return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t'; };
  return std::all_of(text.begin(), text.end(), allowed);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> starts) {
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) { return text.substr(0, s.size()) == s; });
}

std::optional<int> status_code(std::string_view text) {
  const auto code = parse_number(text, 200, 599);
  return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
}

/// The problem with the first placeholder that is none; empty if all are known.
std::string unknown_placeholder(std::string_view text) {
  static const std::vector<std::string> kKnown = {"scheme", "host", "path", "query", "uri"};
  while (true) {
    const std::size_t brace = text.find_first_of("{}");
    if (brace == std::string_view::npos) return "";
    const std::size_t end = text.find('}', brace);
    if (text[brace] == '}' || end == std::string_view::npos) return "has a brace without its partner";
    const std::string_view name = text.substr(brace + 1, end - brace - 1);
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      return "knows {scheme}, {host}, {path}, {query} and {uri}, not {" + std::string(name) + "}" +
             did_you_mean(name, kKnown);
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_token(std::string_view text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

Parsed<std::string> read_method(std::string_view text) {
  if (!is_token(text)) return Failure{"is not an HTTP method: " + in_quotes(text)};
  std::string method = upper(text);
  if (method == "CONNECT") return Failure{"CONNECT is always refused and cannot be routed"};
  return method;
}

Parsed<std::string> read_field_name(std::string_view text) {
  if (!is_token(text)) return Failure{"is not the name of a header field: " + in_quotes(text)};
  return lower(text);
}

Parsed<std::string> read_field_value(std::string_view text) {
  if (!is_field_value(text)) return Failure{"cannot hold control characters"};
  if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) {
    return Failure{"begins or ends with white space, which no field value does"};
  }
  return std::string(text);
}

Parsed<std::string> read_query_name(std::string_view text) {
  if (text.empty()) return Failure{"needs a name"};
  return std::string(text);
}

Parsed<std::string> read_any(std::string_view text) {
  return std::string(text);
}

Parsed<std::string> read_content_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  const bool sound = slash != std::string_view::npos && is_token(text.substr(0, slash)) && slash + 1 < text.size() &&
                     is_token(text.substr(slash + 1, 1));
  if (!sound) return Failure{"must be a media type such as text/plain, is " + in_quotes(text)};
  return read_field_value(text);
}

Parsed<std::string> read_host_pattern(std::string_view text) {
  const bool wildcard = text.substr(0, 2) == "*.";
  const std::string_view name = wildcard ? text.substr(2) : text;
  if (is_host_name(name)) return lower(text);
  if (!wildcard && is_ipv4(name)) return std::string(text);
  const bool brackets = name.size() > 2 && name.front() == '[' && name.back() == ']';
  if (!wildcard && brackets && is_ipv6(name.substr(1, name.size() - 2))) return lower(text);
  if (text == "*") return Failure{"to match any host, leave the key out"};
  if (is_ipv6(name)) return Failure{"needs brackets around an IPv6 address, as in [::1]"};
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && is_host_name(name.substr(0, colon))) {
    return Failure{"is matched without its port: " + in_quotes(text.substr(0, text.rfind(':')))};
  }
  return Failure{"must be a host name such as api.example.com or *.example.com, is " + in_quotes(text)};
}

Parsed<std::string> read_redirect_target(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    return Failure{"must be visible ASCII without spaces; percent-encode the rest"};
  }
  if (!starts_with_any(text, {"/", "http://", "https://", "{scheme}://", "{path}", "{uri}"})) {
    return Failure{"must begin with /, http://, https://, {scheme}://, {path} or {uri}, is " + in_quotes(text)};
  }
  const std::string problem = unknown_placeholder(text);
  if (!problem.empty()) return Failure{problem};
  return std::string(text);
}

Parsed<std::string> read_cookie_name(std::string_view text) {
  if (!is_token(text)) return Failure{"is not the name of a cookie: " + in_quotes(text)};
  return std::string(text);
}

Parsed<std::string> read_cookie_path(std::string_view text) {
  const auto allowed = [](char c) { return is_visible(c) && c != ';'; };
  const bool sound = !text.empty() && text[0] == '/' && std::all_of(text.begin(), text.end(), allowed);
  if (!sound) return Failure{"must begin with / and hold visible ASCII without \";\", is " + in_quotes(text)};
  return std::string(text);
}

Parsed<std::string> read_check_path(std::string_view text) {
  const auto allowed = [](char c) { return is_visible(c) && c != '#'; };
  const bool sound = !text.empty() && text[0] == '/' && std::all_of(text.begin(), text.end(), allowed);
  if (!sound) return Failure{"must be a path such as /healthz, in visible ASCII, is " + in_quotes(text)};
  return std::string(text);
}

Parsed<std::string> read_host_field(std::string_view text) {
  const bool brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const bool host = is_host_name(text) || is_ipv4(text) || (brackets && is_ipv6(text.substr(1, text.size() - 2)));
  const auto with_port = parse_address(text, AddressUse::connect);
  if (!host && !(with_port && !with_port->is_unix())) {
    return Failure{"must be a host such as orders.internal, with or without a port, is " + in_quotes(text)};
  }
  return lower(text);
}

Parsed<StatusRange> read_status_range(std::string_view text) {
  std::string from(text), to(text);
  if (text.size() == 3 && text.substr(1) == "xx") {
    from.replace(1, 2, "00"), to.replace(1, 2, "99");
  } else if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    from.resize(dash), to.erase(0, dash + 1);
  }
  const auto first = status_code(from), last = status_code(to);
  if (!first || !last) return Failure{"must be a status such as 200, 2xx or 200-399, is " + in_quotes(text)};
  if (*first > *last) return Failure{"ends before it begins: " + in_quotes(text)};
  return StatusRange{*first, *last};
}

std::string format_status_range(const StatusRange& range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

Parsed<std::string> read_name(std::string_view text) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '/' || c == '-'; };
  const bool sound =
      !text.empty() && text.size() <= 128 && is_alphanumeric(text[0]) && std::all_of(text.begin(), text.end(), allowed);
  if (!sound)
    return Failure{"a name is 1 … 128 letters, digits and ._/- and begins with a letter or a digit, not " +
                   in_quotes(text)};
  return std::string(text);
}

}  // namespace penstock::conf
