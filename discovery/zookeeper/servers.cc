#include "discovery/zookeeper/servers.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <memory>

#include "conf/address.h"

namespace penstock::discovery {
namespace {

constexpr std::size_t kMostAddresses = 64;

std::vector<std::string> addresses_of(const std::string& host) {
  if (conf::is_ipv4(host) || conf::is_ipv6(host)) return {host};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, freeaddrinfo);
  std::vector<std::string> out;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      out.emplace_back(text.data());
    }
  }
  return out;
}

}  // namespace

std::string resolve_servers(const std::vector<std::string>& servers) {
  std::vector<std::string> all;
  for (const std::string& server : servers) {
    const auto parsed = conf::parse_address(server, conf::AddressUse::connect);
    if (!parsed) continue;
    for (const std::string& address : addresses_of(parsed->host)) {
      const std::string text = address + ":" + std::to_string(parsed->port);
      if (all.size() < kMostAddresses && std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
    }
  }
  std::string out;
  for (const std::string& each : all) out += (out.empty() ? "" : ",") + each;
  return out;
}

bool are_literals(const std::vector<std::string>& servers) {
  return std::all_of(servers.begin(), servers.end(), [](const std::string& server) {
    const auto parsed = conf::parse_address(server, conf::AddressUse::connect);
    return parsed && (conf::is_ipv4(parsed->host) || conf::is_ipv6(parsed->host));
  });
}

}  // namespace penstock::discovery
