#include "gateway/base/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "gateway/base/release.h"

namespace penstock {
namespace {

using Result = ProxyHeaderReader::Result;
using namespace std::string_view_literals;

// ---- version 1: a line

constexpr std::string_view kV1Start = "PROXY ";
/// With its CRLF.
constexpr std::size_t kV1Max = 107;

/// The text up to the next space, which goes with it.
std::string_view next_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

std::optional<IpAddress> read_address(std::string_view text, bool v6) {
  const bool colons = text.find(':') != std::string_view::npos;
  return colons == v6 ? IpAddress::parse(text) : std::nullopt;
}

/// 0 … 65535, digits only, without leading zeros.
std::optional<std::uint16_t> read_port(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// What stands between "PROXY " and CRLF.
bool read_v1_line(std::string_view line, std::optional<ProxiedConnection>& told) {
  // A line that ends with a space has one more word, which is empty.
  const bool spaced_end = line.ends_with(' ');
  const std::string_view family = next_word(line);
  if (family == "UNKNOWN") return true;  // whatever comes behind it
  if (spaced_end || (family != "TCP4" && family != "TCP6")) return false;
  const bool v6 = family == "TCP6";
  const auto client = read_address(next_word(line), v6);
  const auto server = read_address(next_word(line), v6);
  const auto client_port = read_port(next_word(line));
  const auto server_port = read_port(next_word(line));
  if (!client || !server || !client_port || !server_port || !line.empty()) return false;
  told = ProxiedConnection{*client, *server, *client_port, *server_port};
  return true;
}

/// Each reader of a version takes the bytes so far, and gives the header's size in `size` once it is done.
Result read_v1(std::string_view bytes, std::size_t& size, std::optional<ProxiedConnection>& told) {
  const std::size_t end = bytes.substr(0, kV1Max).find_first_of("\r\n");
  if (end == std::string_view::npos) return bytes.size() < kV1Max ? Result::need_more : Result::malformed;
  size = end + 2;
  if (bytes[end] != '\r' || size > kV1Max) return Result::malformed;
  if (bytes.size() < size) return Result::need_more;
  if (bytes[end + 1] != '\n') return Result::malformed;
  return read_v1_line(bytes.substr(kV1Start.size(), end - kV1Start.size()), told) ? Result::done : Result::malformed;
}

// ---- version 2: binary

constexpr std::string_view kV2Start = "\r\n\r\n\0\r\nQUIT\n"sv;
/// The start, version and command, family and protocol, and the length of what follows.
constexpr std::size_t kV2Fixed = 16;
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;

/// A combination of an address family and a protocol, and how long its addresses are.
struct Family {
  std::uint8_t code;
  std::size_t size;
};
constexpr Family kTcp4 = {0x11, 2 * (4 + 2)};
constexpr Family kTcp6 = {0x21, 2 * (16 + 2)};
/// In this order: unspecified, TCP and UDP over IPv4 and IPv6, and the two kinds of Unix sockets.
constexpr std::array<Family, 7> kFamilies = {
    {{0x00, 0}, kTcp4, {0x12, kTcp4.size}, kTcp6, {0x22, kTcp6.size}, {0x31, 216}, {0x32, 216}}};

constexpr std::uint8_t kTlvCrc = 0x03;
constexpr std::size_t kTlvFixed = 3;
constexpr std::size_t kCrcSize = 4;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t u16_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(u16_at(bytes, at)) << 16 | u16_at(bytes, at + 2);
}

/// CRC32C (Castagnoli, RFC 4960 appendix B), reflected.
constexpr auto kCrcTable = [] {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc_step(std::uint32_t crc, std::uint8_t byte) {
  return kCrcTable[(crc ^ byte) & 0xff] ^ crc >> 8;
}

/// Of the whole header, the checksum's own bytes being zero.
bool crc_holds(std::string_view header, std::size_t crc_at) {
  std::uint32_t crc = 0xffffffff;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool own = i >= crc_at && i < crc_at + kCrcSize;
    crc = crc_step(crc, own ? 0 : byte_at(header, i));
  }
  return ~crc == u32_at(header, crc_at);
}

/// What follows the addresses: nothing of it is used, but it must be whole, and its checksum must hold.
bool tlvs_hold(std::string_view header, std::size_t at) {
  bool summed = false;
  while (at < header.size()) {
    if (header.size() - at < kTlvFixed) return false;
    const std::uint8_t type = byte_at(header, at);
    const std::size_t size = u16_at(header, at + 1);
    at += kTlvFixed;
    if (header.size() - at < size) return false;
    if (type == kTlvCrc) {
      if (summed || size != kCrcSize || !crc_holds(header, at)) return false;
      summed = true;
    }
    at += size;
  }
  return true;
}

IpAddress address_at(std::string_view bytes, std::size_t at, bool v6) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
  return v6 ? IpAddress::from_v6(std::span<const std::uint8_t, 16>(data, 16))
            : IpAddress::from_v4(std::span<const std::uint8_t, 4>(data, 4));
}

ProxiedConnection read_addresses(std::string_view header, bool v6) {
  const std::size_t size = v6 ? 16 : 4;
  const std::size_t ports = kV2Fixed + 2 * size;
  return {address_at(header, kV2Fixed, v6), address_at(header, kV2Fixed + size, v6), u16_at(header, ports),
          u16_at(header, ports + 2)};
}

/// The header, which is there as a whole.
bool read_v2_header(std::string_view header, std::optional<ProxiedConnection>& told) {
  const std::uint8_t code = byte_at(header, 13);
  const auto* family = std::find_if(kFamilies.begin(), kFamilies.end(), [&](Family f) { return f.code == code; });
  if (family == kFamilies.end() || header.size() < kV2Fixed + family->size) return false;
  if (!tlvs_hold(header, kV2Fixed + family->size)) return false;
  if (code == kTcp4.code || code == kTcp6.code) told = read_addresses(header, code == kTcp6.code);
  return true;
}

Result read_v2(std::string_view bytes, std::size_t& size, std::optional<ProxiedConnection>& told) {
  if (bytes.size() < kV2Fixed) return Result::need_more;
  const std::uint8_t command = byte_at(bytes, 12);
  if (command != kLocal && command != kProxy) return Result::malformed;
  size = kV2Fixed + u16_at(bytes, 14);
  if (bytes.size() < size) return Result::need_more;
  // What comes with LOCAL is to be skipped, its family included.
  if (command == kLocal) return Result::done;
  return read_v2_header(bytes.substr(0, size), told) ? Result::done : Result::malformed;
}

// ---- writing

/// Both ends in one family.
struct Ends {
  IpAddress client;
  IpAddress server;
  bool v6;
};

Ends ends_of(const ProxiedConnection& connection) {
  const bool v4 = connection.client.is_v4();
  if (connection.server != IpAddress() || !v4) {
    return {connection.client, connection.server, !v4 || !connection.server.is_v4()};
  }
  constexpr std::array<std::uint8_t, 4> kAny{};
  return {connection.client, IpAddress::from_v4(kAny), false};
}

std::string address_text(const IpAddress& address, bool v6) {
  return v6 && address.is_v4() ? "::ffff:" + address.text() : address.text();
}

std::string write_v1(const ProxiedConnection& connection) {
  const Ends ends = ends_of(connection);
  return std::string(kV1Start) + (ends.v6 ? "TCP6 " : "TCP4 ") + address_text(ends.client, ends.v6) + " " +
         address_text(ends.server, ends.v6) + " " + std::to_string(connection.client_port) + " " +
         std::to_string(connection.server_port) + "\r\n";
}

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

/// IPv4 stands in the last four bytes of what an address is kept as.
void append_address(std::string& out, const IpAddress& address, bool v6) {
  const auto& bytes = address.bytes();
  out.append(bytes.begin() + (v6 ? 0 : 12), bytes.end());
}

std::string v2_start(std::uint8_t command, Family family) {
  std::string out(kV2Start);
  out += static_cast<char>(command);
  out += static_cast<char>(family.code);
  append_u16(out, family.size);
  return out;
}

std::string write_v2(const ProxiedConnection& connection) {
  const Ends ends = ends_of(connection);
  std::string out = v2_start(kProxy, ends.v6 ? kTcp6 : kTcp4);
  append_address(out, ends.client, ends.v6);
  append_address(out, ends.server, ends.v6);
  append_u16(out, connection.client_port);
  append_u16(out, connection.server_port);
  return out;
}

/// By as much as there is of both.
bool begins(std::string_view bytes, std::string_view start) {
  const std::size_t size = std::min(bytes.size(), start.size());
  return bytes.substr(0, size) == start.substr(0, size);
}

Result read_header(std::string_view bytes, std::size_t& size, std::optional<ProxiedConnection>& told) {
  if (bytes.empty()) return Result::need_more;
  if (begins(bytes, kV1Start)) return read_v1(bytes, size, told);
  if (begins(bytes, kV2Start)) return read_v2(bytes, size, told);
  return Result::malformed;
}

}  // namespace

Result ProxyHeaderReader::read(std::string_view& in) {
  const std::size_t before = held_.size();
  if (before != 0) held_.append(in);
  std::size_t size = 0;
  const Result result = read_header(before != 0 ? held_ : in, size, told_);
  if (result == Result::need_more) {
    if (before == 0) held_.assign(in);
    in = {};
  } else if (result == Result::done) {
    in.remove_prefix(size - before);
    release(held_);
  }
  return result;
}

std::string write_proxy_header(ProxyHeaderVersion version, const std::optional<ProxiedConnection>& connection) {
  if (version == ProxyHeaderVersion::v1) return connection ? write_v1(*connection) : "PROXY UNKNOWN\r\n";
  return connection ? write_v2(*connection) : v2_start(kLocal, kFamilies.front());
}

}  // namespace penstock
