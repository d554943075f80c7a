#include "discovery/host_text.h"

#include "conf/address.h"

namespace penstock::discovery {

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

}  // namespace penstock::discovery
