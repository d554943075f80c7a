#include "discovery/dns/records.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "gateway/base/nanos.h"

namespace penstock::discovery {
namespace {

using io::DnsAnswer;
using io::DnsRecord;
using io::DnsType;

/// Nobody's server, however sure of itself, keeps a name that is about to appear away for longer.
constexpr std::uint32_t kLongestNegative = 15;
constexpr std::uint32_t kUnknownNegative = 5;

void sort_once(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

std::vector<std::string> addresses_of(const DnsAnswer& answer) {
  std::vector<std::string> addresses;
  for (const DnsRecord& record : answer.records) addresses.push_back(record.address);
  sort_once(addresses);
  return addresses;
}

bool failed(const DnsAnswer& answer) {
  return answer.outcome == DnsAnswer::Outcome::failed;
}

/// An answer without records says nothing of how long the other family's records hold.
std::uint32_t ttl_of(const DnsAnswer& a, const DnsAnswer& aaaa) {
  if (!a.records.empty() || !aaaa.records.empty()) return std::min(least_ttl(a.records), least_ttl(aaaa.records));
  return std::min(failed(a) ? kLongestNegative : negative_ttl(a), failed(aaaa) ? kLongestNegative : negative_ttl(aaaa));
}

}  // namespace

DnsHostAnswer merge_families(const DnsAnswer& a, const DnsAnswer& aaaa, const DnsHost& before) {
  const bool missing_v4 = failed(a) && (!before.v4.empty() || aaaa.records.empty());
  const bool missing_v6 = failed(aaaa) && (!before.v6.empty() || a.records.empty());
  if (missing_v4) return {"A: " + a.error, {}, 0};
  if (missing_v6) return {"AAAA: " + aaaa.error, {}, 0};
  return {"", {addresses_of(a), addresses_of(aaaa)}, ttl_of(a, aaaa)};
}

DnsHosts hosts_among(const std::vector<DnsRecord>& records) {
  DnsHosts hosts;
  for (const DnsRecord& record : records) {
    if (record.type == DnsType::a) hosts[record.name].v4.push_back(record.address);
    if (record.type == DnsType::aaaa) hosts[record.name].v6.push_back(record.address);
  }
  for (auto& [name, host] : hosts) {
    sort_once(host.v4);
    sort_once(host.v6);
  }
  return hosts;
}

std::vector<Instance> instances_of(const DnsHost& host, std::uint16_t port) {
  std::vector<Instance> instances;
  for (const auto* family : {&host.v4, &host.v6}) {
    for (const std::string& address : *family) instances.push_back({address, port, 1, "", 0, {}});
  }
  return instances;
}

std::vector<Instance> instances_of(const std::vector<DnsRecord>& srv, const DnsHosts& hosts) {
  constexpr std::uint32_t kLastPriority = 127;
  std::map<std::uint16_t, std::uint32_t> ranks;
  for (const DnsRecord& record : srv) ranks.emplace(record.priority, 0);
  std::uint32_t rank = 0;
  for (auto& [priority, its_rank] : ranks) its_rank = std::min(rank++, kLastPriority);
  std::vector<Instance> instances;
  for (const DnsRecord& record : srv) {
    const auto found = hosts.find(record.target);
    if (record.target.empty() || record.port == 0 || found == hosts.end()) continue;
    for (Instance& instance : instances_of(found->second, record.port)) {
      if (instances.size() > kMostInstances) break;
      instance.weight = std::max<std::uint32_t>(1, record.weight);
      instance.priority = ranks[record.priority];
      instances.push_back(std::move(instance));
    }
  }
  // Of two with the same address the one that is used first stays, or else the heavier.
  std::sort(instances.begin(), instances.end(), [](const Instance& a, const Instance& b) {
    return std::tie(a.host, a.port, a.priority, b.weight) < std::tie(b.host, b.port, b.priority, a.weight);
  });
  const auto same = [](const Instance& a, const Instance& b) { return a.host == b.host && a.port == b.port; };
  instances.erase(std::unique(instances.begin(), instances.end(), same), instances.end());
  return instances;
}

std::vector<std::string> targets_of(const std::vector<DnsRecord>& srv) {
  std::vector<std::string> targets;
  for (const DnsRecord& record : srv) {
    if (!record.target.empty()) targets.push_back(record.target);
  }
  sort_once(targets);
  return targets;
}

std::uint32_t least_ttl(const std::vector<DnsRecord>& records) {
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (const DnsRecord& record : records) least = std::min(least, record.ttl);
  return least;
}

std::uint32_t negative_ttl(const DnsAnswer& answer) {
  return std::min(answer.negative_ttl.value_or(kUnknownNegative), kLongestNegative);
}

Nanos refresh_after(std::uint32_t ttl, const conf::Dns& bounds, std::uint64_t random) {
  const Nanos held = std::clamp(ttl * kNanosPerSecond, nanos(bounds.min_ttl), nanos(bounds.max_ttl));
  return held / 100 * 80 + random % (held / 100 * 15 + 1);
}

}  // namespace penstock::discovery
