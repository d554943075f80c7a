#include "gateway/keys/request_key.h"

#include <algorithm>
#include <array>

namespace penstock::filters {
namespace {

constexpr std::size_t kPrefixBytes = 8;  // IPv6: a /64

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

std::string_view address_key(const IpAddress& client, std::span<char, IpAddress::kMaxText> buffer) {
  IpAddress address = client;
  if (!address.is_v4()) {
    std::array<std::uint8_t, 16> bytes = address.bytes();
    std::fill(bytes.begin() + kPrefixBytes, bytes.end(), std::uint8_t{0});
    address = IpAddress::from_v6(bytes);
  }
  return {buffer.data(), address.write(buffer)};
}

std::string_view find_key(const conf::RequestKey& key, const http::RequestHead& head, const IpAddress& client,
                          std::span<char, IpAddress::kMaxText> buffer) {
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
  return address_key(client, buffer);
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

}  // namespace penstock::filters
