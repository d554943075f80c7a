// One round of questions to DNS about one service: A and AAAA, or SRV and the addresses of its targets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discovery/dns/records.h"

namespace penstock::discovery {

/// A and AAAA of one name. Destroyed, it is dropped.
class DnsHostLookup {
 public:
  /// Called once, from the loop; may destroy this.
  using Done = std::function<void(DnsHostAnswer answer)>;
  DnsHostLookup(io::DnsClient& client, const std::string& name, DnsHost before, Done done);

 private:
  void answered();

  const DnsHost before_;
  Done done_;
  std::optional<io::DnsAnswer> a_, aaaa_;
  std::unique_ptr<io::DnsQuery> ask_a_, ask_aaaa_;
};

struct DnsFound {
  std::string error;                ///< set: nothing can be said of the service
  std::vector<Instance> instances;  ///< empty: there is no such name, or it has no such records
  std::uint32_t ttl = 0;            ///< seconds
  DnsHosts hosts;                   ///< what is known of the names that were resolved, for the next round
  std::vector<std::string> lost;    ///< SRV targets that could not be resolved, each with the reason
};

/// A service's whole round. A target of SRV records that cannot be resolved keeps the addresses it had in `known`; one
/// that never had any is left out, unless nothing else is left. Destroyed, the round is dropped.
class DnsLookup {
 public:
  /// Called once, from the loop; may destroy this.
  using Done = std::function<void(DnsFound found)>;
  DnsLookup(io::DnsClient& client, const conf::Discover& what, const DnsHosts& known, Done done);

 private:
  static constexpr std::size_t kAtOnce = 16;  ///< targets

  void srv_answered(io::DnsAnswer answer);
  void resolve_targets();
  void target_answered(const std::string& target, DnsHostAnswer answer);
  void finish();
  const DnsHost& known(const std::string& name) const;

  io::DnsClient& client_;
  const DnsHosts known_;
  Done done_;
  DnsFound found_;
  std::vector<io::DnsRecord> srv_;
  std::vector<std::string> waiting_;  ///< targets to be asked after
  std::unique_ptr<io::DnsQuery> ask_srv_;
  std::map<std::string, DnsHostLookup> targets_;  ///< under way
};

}  // namespace penstock::discovery
