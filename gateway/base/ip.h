// IP addresses and blocks of them, without ports and without names.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// An IPv4 or IPv6 address. IPv4 is kept as IPv4-mapped IPv6 (::ffff:a.b.c.d, RFC 4291 §2.5.5.2), so that a client is
/// the same one whether it came in on an IPv4 or a dual-stack socket. Zone indices are not kept.
class IpAddress {
 public:
  static constexpr std::size_t kMaxText = 46;  ///< INET6_ADDRSTRLEN: the longest text, with its NUL

  /// "::", until something is assigned.
  constexpr IpAddress() = default;
  /// Bytes in network order, as in in_addr and in6_addr.
  static IpAddress from_v4(std::span<const std::uint8_t, 4> bytes);
  static IpAddress from_v6(std::span<const std::uint8_t, 16> bytes);
  /// "192.0.2.1" or "2001:db8::1"; no brackets, port, zone or white space. nullopt for anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// Dotted for IPv4, RFC 5952 for IPv6.
  std::string text() const;
  /// The same without an allocation: writes to `out`, without a NUL, and returns the length.
  std::size_t write(std::span<char, kMaxText> out) const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// A block of addresses: "10.0.0.0/8", "2001:db8::/32", or a bare address, which is a block of one.
class Cidr {
 public:
  /// Bits after the prefix may be set and mean nothing ("10.1.2.3/8" is 10.0.0.0/8). nullopt if it isn't a block.
  static std::optional<Cidr> parse(std::string_view text);

  /// The families are apart: "::/0" has no IPv4 address in it.
  bool contains(const IpAddress& address) const;

 private:
  Cidr(const IpAddress& address, unsigned prefix_bits);

  std::array<std::uint8_t, 16> network_{};
  std::array<std::uint8_t, 16> mask_{};
  bool v4_ = false;
};

/// Some blocks, asked as one. contains() is linear: meant for the few dozen that are written in a configuration.
class CidrSet {
 public:
  CidrSet() = default;
  /// What is no block is left out.
  static CidrSet of(const std::vector<std::string>& texts);
  void add(const Cidr& block) { blocks_.push_back(block); }
  bool empty() const { return blocks_.empty(); }
  bool contains(const IpAddress& address) const;

 private:
  std::vector<Cidr> blocks_;
};

}  // namespace penstock
