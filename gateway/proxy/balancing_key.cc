#include "gateway/proxy/balancing_key.h"

#include <algorithm>
#include <array>

#include "balancers/hash.h"

namespace penstock::proxy {
namespace {

constexpr std::size_t kPrefixBytes = 8;  // IPv6: a /64

std::uint64_t key_of(IpAddress address) {
  if (!address.is_v4()) {
    std::array<std::uint8_t, 16> bytes = address.bytes();
    std::fill(bytes.begin() + kPrefixBytes, bytes.end(), std::uint8_t{0});
    address = IpAddress::from_v6(bytes);
  }
  std::array<char, IpAddress::kMaxText> text;
  return balancers::hash_key({text.data(), address.write(text)});
}

std::string_view text_of(const conf::RequestKey& key, const http::RequestHead& head) {
  switch (key.from) {
    case conf::RequestKey::From::header: {
      const http::Field* field = head.find(key.name);
      return field ? field->value : std::string_view();
    }
    case conf::RequestKey::From::cookie:
      return find_cookie(head, key.name);
    case conf::RequestKey::From::query:
      return find_query(head.query, key.name);
    case conf::RequestKey::From::path:
      return head.path;
    case conf::RequestKey::From::client_ip:
      break;
  }
  return {};
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The value of NAME in "NAME=value<separator>NAME=value …".
std::string_view find_pair(std::string_view list, char separator, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    const std::string_view pair = trim(list.substr(0, end));
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name))
      return pair.substr(name.size() + 1);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return {};
}

}  // namespace

std::optional<std::uint64_t> balancing_key(const conf::Balancer& balancer, const http::RequestHead& head,
                                           const IpAddress& client) {
  using Policy = conf::BalancerPolicy;
  if (balancer.policy == Policy::source_hash) return key_of(client);
  if (balancer.policy != Policy::consistent_hash && balancer.policy != Policy::maglev) return std::nullopt;
  if (balancer.key.from == conf::RequestKey::From::client_ip) return key_of(client);
  const std::string_view text = text_of(balancer.key, head);
  if (text.empty()) return std::nullopt;
  return balancers::hash_key(text);
}

std::string_view find_cookie(const http::RequestHead& head, std::string_view name) {
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldId::cookie) continue;
    std::string_view value = find_pair(field.value, ';', name);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (!value.empty()) return value;
  }
  return {};
}

std::string_view find_query(std::string_view query, std::string_view name) {
  return find_pair(query, '&', name);
}

}  // namespace penstock::proxy
