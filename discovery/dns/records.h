// DNS answers → instances, and how long they hold. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "discovery/registry.h"
#include "gateway/io/dns.h"

namespace penstock::discovery {

/// The addresses of a host: sorted literals, none twice.
struct DnsHost {
  std::vector<std::string> v4;
  std::vector<std::string> v6;
  bool empty() const { return v4.empty() && v6.empty(); }
  friend bool operator==(const DnsHost&, const DnsHost&) = default;
};

struct DnsHostAnswer {
  std::string error;      ///< set: nothing can be said of the host
  DnsHost host;           ///< empty: it has no address, or there is no such name
  std::uint32_t ttl = 0;  ///< seconds
};

/// A and AAAA merged. A family that could not be asked after holds up the other one only if `before` had addresses of
/// it: there are servers that never answer AAAA, and a host must not lose half its addresses to a lost packet.
DnsHostAnswer merge_families(const io::DnsAnswer& a, const io::DnsAnswer& aaaa, const DnsHost& before);

using DnsHosts = std::map<std::string, DnsHost>;  ///< by name, as in io::DnsRecord

/// The addresses among records of any kind and order.
DnsHosts hosts_among(const std::vector<io::DnsRecord>& records);

/// One instance for each address.
std::vector<Instance> instances_of(const DnsHost& host, std::uint16_t port);

/// One instance for each record and each address of its target (RFC 2782). Priorities become 0, 1, 2 … in their order,
/// at most 127; the weight 0, "hardly ever", becomes 1; the target "." is none. Sorted, no address and port twice; one
/// more than kMostInstances at most.
std::vector<Instance> instances_of(const std::vector<io::DnsRecord>& srv, const DnsHosts& hosts);

/// Targets of SRV records, sorted, each once, without ".".
std::vector<std::string> targets_of(const std::vector<io::DnsRecord>& srv);

/// Seconds; the largest number there is if there are no records.
std::uint32_t least_ttl(const std::vector<io::DnsRecord>& records);

/// Seconds that an answer without records holds.
std::uint32_t negative_ttl(const io::DnsAnswer& answer);

/// When to ask again: 0.8 … 0.95 of the TTL, within the bounds, which keeps gateways apart and is before it runs out.
Nanos refresh_after(std::uint32_t ttl, const conf::Dns& bounds, std::uint64_t random);

}  // namespace penstock::discovery
