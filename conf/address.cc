#include "conf/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>

#include "conf/values.h"

namespace penstock::conf {
namespace {

constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) {
  const auto inner = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), inner) &&
         label.front() != '-' && label.back() != '-';
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// The network form of an IP literal: 4 or 16 bytes, or 0 if it is none.
std::size_t to_bytes(std::string_view text, std::array<unsigned char, 16>& bytes) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return 0;
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return 4;
  return inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1 ? 16 : 0;
}

Parsed<Address> unix_address(std::string_view path) {
  if (path.empty() || path[0] != '/') return Failure{"needs an absolute path, as in unix:/run/x.sock"};
  if (path.size() > kLongestUnixPath) {
    return Failure{"is too long for a Unix socket: at most " + std::to_string(kLongestUnixPath) + " bytes of path"};
  }
  if (path.find('\0') != std::string_view::npos) return Failure{"holds a NUL"};
  return Address{"", 0, std::string(path)};
}

/// Splits at the colon before the port. The host keeps its brackets.
bool split_port(std::string_view text, std::string_view& host, std::string_view& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || (!text.empty() && text.back() == ']')) return false;
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
  return true;
}

Failure no_host(std::string_view host, AddressUse use) {
  if (use == AddressUse::listen) {
    if (host.empty() || host == "*") return {"needs an IP address: 0.0.0.0 for all of IPv4, [::] for all of IPv6"};
    return {"must begin with an IP address, as in 127.0.0.1:8080 or [::1]:8080, not " + in_quotes(host)};
  }
  if (is_ipv6(host)) return {"needs brackets around an IPv6 address, as in [::1]:8080"};
  return {"has no valid host: " + in_quotes(host)};
}

Parsed<std::string> parse_host(std::string_view host, AddressUse use) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    const std::string_view inner = host.substr(1, host.size() - 2);
    if (is_ipv6(inner)) return lower(inner);
    return Failure{"has no valid IPv6 address in its brackets: " + in_quotes(inner)};
  }
  if (is_ipv4(host)) return std::string(host);
  if (use == AddressUse::connect && is_host_name(host)) return lower(host);
  return no_host(host, use);
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return "unix:" + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_ipv4(std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return to_bytes(text, bytes) == 4;
}

bool is_ipv6(std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return to_bytes(text, bytes) == 16;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
    text.remove_prefix(dot + 1);
  }
}

Parsed<Address> parse_address(std::string_view text, AddressUse use) {
  constexpr std::string_view kUnix = "unix:";
  if (text.substr(0, kUnix.size()) == kUnix) return unix_address(text.substr(kUnix.size()));
  if (text.find("://") != std::string_view::npos) return Failure{"must be host:port, not a URL"};
  // Before it is split: what stands behind a colon is a password there, and not to be quoted as a port.
  if (text.find('@') != std::string_view::npos)
    return Failure{"must be host:port, without a user, is " + in_quotes(text)};
  std::string_view host, port_text;
  if (!split_port(text, host, port_text)) {
    return Failure{"must be host:port, [IPv6]:port or unix:/path, is " + in_quotes(text)};
  }
  auto name = parse_host(host, use);
  if (!name) return Failure{name.problem()};
  const auto port = parse_number(port_text, use == AddressUse::listen ? 0 : 1, 65535);
  if (!port) return Failure{"port " + port.problem()};
  return Address{std::move(*name), static_cast<std::uint16_t>(*port), {}};
}

Parsed<std::string> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  std::array<unsigned char, 16> bytes{};
  const std::size_t length = to_bytes(address, bytes);
  if (length == 0)
    return Failure{"must be an address or a network such as 10.0.0.0/8 or fd00::/8, is " + in_quotes(text)};
  if (slash == std::string_view::npos) return lower(address) + "/" + std::to_string(length * 8);
  const auto bits = parse_number(text.substr(slash + 1), 0, length * 8);
  if (!bits) return Failure{"prefix " + bits.problem()};
  for (std::size_t bit = *bits; bit < length * 8; ++bit) {
    if (bytes[bit / 8] & (0x80 >> (bit % 8)))
      return Failure{in_quotes(text) + " has bits set beyond its /" + std::to_string(*bits)};
  }
  return lower(address) + "/" + std::to_string(*bits);
}

}  // namespace penstock::conf
