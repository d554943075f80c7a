#include "discovery/host_text.h"

#include "conf/address.h"

namespace penstock::discovery {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::optional<std::string> read_host(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (text.ends_with('.')) text.remove_suffix(1);
  if (!conf::is_ipv4(text) && !conf::is_ipv6(text) && !conf::is_host_name(text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::pair<std::string, std::uint16_t>> read_host_port(std::string_view text) {
  const auto address = conf::parse_address(text, conf::AddressUse::connect);
  if (!address || address->is_unix()) return std::nullopt;
  return std::pair(address->host, address->port);
}

std::string percent_encoded(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos || keep.find(c) != keep.npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

}  // namespace penstock::discovery
