#include "gateway/base/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace penstock {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

/// Digits only, without leading zeros.
std::optional<unsigned> parse_prefix_bits(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return bits;
}

}  // namespace

IpAddress IpAddress::from_v4(std::span<const std::uint8_t, 4> bytes) {
  IpAddress address;
  std::ranges::copy(kMappedPrefix, address.bytes_.begin());
  std::ranges::copy(bytes, address.bytes_.begin() + kMappedPrefix.size());
  return address;
}

IpAddress IpAddress::from_v6(std::span<const std::uint8_t, 16> bytes) {
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, kMaxText> terminated{};
  // inet_pton stops at a NUL, and would take "::1\0x" for "::1".
  if (text.size() >= kMaxText || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::ranges::copy(text, terminated.begin());
  if (std::array<std::uint8_t, 4> v4{}; inet_pton(AF_INET, terminated.data(), v4.data()) == 1) return from_v4(v4);
  if (std::array<std::uint8_t, 16> v6{}; inet_pton(AF_INET6, terminated.data(), v6.data()) == 1) return from_v6(v6);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::size_t IpAddress::write(std::span<char, kMaxText> out) const {
  if (!is_v4()) {
    inet_ntop(AF_INET6, bytes_.data(), out.data(), kMaxText);
    return std::strlen(out.data());
  }
  char* at = out.data();
  for (std::size_t i = kMappedPrefix.size(); i < bytes_.size(); ++i) {
    if (i > kMappedPrefix.size()) *at++ = '.';
    at = std::to_chars(at, out.data() + kMaxText, static_cast<unsigned>(bytes_[i])).ptr;
  }
  return static_cast<std::size_t>(at - out.data());
}

std::string IpAddress::text() const {
  std::array<char, kMaxText> buffer;
  return {buffer.data(), write(buffer)};
}

Cidr::Cidr(const IpAddress& address, unsigned prefix_bits) : v4_(address.is_v4() && prefix_bits >= kMappedBits) {
  for (unsigned i = 0; i < mask_.size(); ++i) {
    const unsigned bits = prefix_bits > 8 * i ? std::min(prefix_bits - 8 * i, 8u) : 0;
    mask_[i] = static_cast<std::uint8_t>(0xff00 >> bits);
    network_[i] = address.bytes()[i] & mask_[i];
  }
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Cidr(*address, 128);
  const auto bits = parse_prefix_bits(text.substr(slash + 1));
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  if (!bits || *bits > (dotted ? 32u : 128u)) return std::nullopt;
  return Cidr(*address, dotted ? kMappedBits + *bits : *bits);
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.is_v4() != v4_) return false;
  std::uint8_t differing = 0;
  for (std::size_t i = 0; i < mask_.size(); ++i) {
    differing = static_cast<std::uint8_t>(differing | ((address.bytes()[i] & mask_[i]) ^ network_[i]));
  }
  return differing == 0;
}

CidrSet CidrSet::of(const std::vector<std::string>& texts) {
  CidrSet set;
  for (const std::string& text : texts) {
    if (const auto block = Cidr::parse(text)) set.add(*block);
  }
  return set;
}

bool CidrSet::contains(const IpAddress& address) const {
  return std::ranges::any_of(blocks_, [&](const Cidr& block) { return block.contains(address); });
}

}  // namespace penstock
