// What DNS servers answer (RFC 1035 §4), read whole. c-ares sends and receives; its own parsers before 1.28 leave out
// what a gateway goes by: how long SRV records hold, the additional records, and how long "there is none" holds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::io {

enum class DnsType : std::uint16_t { a = 1, cname = 5, soa = 6, aaaa = 28, srv = 33 };

/// Names are in lower case and without the dot at the end; the root is empty. What is no visible ASCII in them, and
/// dots and backslashes inside labels, stand as \DDD (RFC 4343 §2.1).
struct DnsRecord {
  std::string name;
  DnsType type = DnsType::a;
  std::uint32_t ttl = 0;       ///< seconds; 0 if it was out of its range (RFC 2181 §8)
  std::string address;         ///< a, aaaa: the literal
  std::string target;          ///< cname, srv: a name
  std::uint16_t priority = 0;  ///< srv, and so the others (RFC 2782)
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
};

/// Records of other types than DnsType has are left out.
struct DnsMessage {
  unsigned rcode = 0;  ///< 0: no error, 3: there is no such name
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> additional;
  std::optional<std::uint32_t> negative_ttl;  ///< seconds that an answer without records holds (RFC 2308 §5)
};

/// nullopt if it is cut short or otherwise no message. Pure; anything may be handed in.
std::optional<DnsMessage> parse_dns_message(std::span<const unsigned char> bytes);

/// The answers of that name and type, behind as many CNAMEs as lead there; the TTL of each is the least on the way.
std::vector<DnsRecord> records_of(const DnsMessage& message, std::string_view name, DnsType type);

/// As names stand in DnsRecord: in lower case, without the dot at the end.
std::string canonical_dns_name(std::string_view name);

}  // namespace penstock::io
