#include "conf/registry_text.h"

#include <algorithm>

#include "conf/address.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_host(std::string_view text) {
  return is_ipv4(text) || is_host_name(text) ||
         (text.size() > 2 && text.front() == '[' && text.back() == ']' && is_ipv6(text.substr(1, text.size() - 2)));
}

}  // namespace

Parsed<std::string> read_url(std::string_view text) {
  constexpr std::size_t kLongest = 1024;
  const auto wrong = [&](const char* why) { return Failure{std::string(why) + ", is " + in_quotes(text)}; };
  const std::size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  if (scheme == 0) return wrong("must begin with http:// or https://");
  if (text.size() > kLongest || !is_visible(text) || text.find_first_of("?#@\\") != std::string_view::npos) {
    return wrong("must be a URL in visible ASCII without user, query or fragment");
  }
  const std::string_view authority = text.substr(scheme, text.find('/', scheme) - scheme);
  const std::size_t colon =
      authority.find(':', authority.rfind(']') == std::string_view::npos ? 0 : authority.rfind(']'));
  if (!is_host(authority.substr(0, colon))) return wrong("must have a host after http://");
  if (colon != std::string_view::npos && !parse_number(authority.substr(colon + 1), 1, 65535)) {
    return wrong("must have a port of 1 … 65535, or none");
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

Parsed<std::string> read_server(std::string_view text) {
  const auto address = parse_address(text, AddressUse::connect);
  if (!address) return Failure{address.problem()};
  if (address->is_unix()) return Failure{"must be host:port, is " + in_quotes(text)};
  return address->text();
}

Parsed<std::string> read_dns_server(std::string_view text) {
  if (is_ipv4(text) || is_ipv6(text)) return std::string(text);
  const auto address = parse_address(text, AddressUse::listen);
  if (!address || address->is_unix() || address->port == 0) {
    return Failure{"must be an IP address with or without a port, is " + in_quotes(text)};
  }
  return address->text();
}

Parsed<std::string> read_node_path(std::string_view text) {
  constexpr std::size_t kLongest = 512;
  if (text == "/") return std::string();
  const std::string framed = std::string(text) + "/";
  const bool odd = framed.find("//") != std::string::npos || framed.find("/./") != std::string::npos ||
                   framed.find("/../") != std::string::npos;
  if (!text.starts_with('/') || odd || has_control_characters(text) || text.size() > kLongest) {
    return Failure{"must be an absolute path without empty or dot segments, is " + in_quotes(text)};
  }
  return std::string(text);
}

Parsed<std::string> read_service(std::string_view text) {
  constexpr std::size_t kLongest = 512;
  if (text.empty() || text.size() > kLongest || !is_visible(text)) {
    return Failure{"must be 1 … 512 visible ASCII characters, is " + in_quotes(text)};
  }
  return std::string(text);
}

Parsed<std::string> read_instance_host(std::string_view text) {
  if (is_ipv4(text) || is_ipv6(text) || is_host_name(text)) return std::string(text);
  return Failure{"must be an IP address or a name, without a port, is " + in_quotes(text)};
}

Parsed<std::string> read_secret_text(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  if (text.size() > kLongest || has_control_characters(text)) {
    return Failure{"must have at most 4096 characters, none of them a control character"};
  }
  return std::string(text);
}

Parsed<std::string> read_file_path(std::string_view text) {
  if (text.empty()) return Failure{"must be the path of a file"};
  if (text.find('\0') != std::string_view::npos) return Failure{"holds a NUL"};
  return std::string(text);
}

}  // namespace penstock::conf
