// Questions to DNS servers, on a loop: c-ares. Never getaddrinfo, which blocks a thread and tells no TTLs.
//
// Names are asked for as they are: no search list, no hosts file. An answer that is cut short is asked for again over
// TCP; answers over UDP may have 1232 bytes (EDNS, RFC 6891; the DNS flag day of 2020).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/dns_message.h"

namespace penstock::io {

class Loop;

struct DnsOptions {
  std::vector<std::string> servers{};   ///< "IP", "IPv4:port" or "[IPv6]:port"; none: the system's
  Nanos timeout = 2 * kNanosPerSecond;  ///< of the first try at each server; c-ares waits longer in the second round
  unsigned tries = 2;                   ///< rounds over all servers
};

struct DnsAnswer {
  enum class Outcome {
    found,
    empty,    ///< there is the name, but no such record
    no_name,  ///< NXDOMAIN
    failed,   ///< no server answered, or all answered SERVFAIL, REFUSED or nonsense: says nothing of the name
  };
  Outcome outcome = Outcome::failed;
  std::string error{};                          ///< why it failed; empty otherwise
  std::vector<DnsRecord> records{};             ///< of the type asked for, whatever CNAMEs lead there
  std::vector<DnsRecord> additional{};          ///< unasked: addresses of SRV targets
  std::optional<std::uint32_t> negative_ttl{};  ///< seconds; of empty and no_name
};

/// A question under way. Destroyed, it is dropped, and nothing is called back any more.
class DnsQuery {
 public:
  virtual ~DnsQuery() = default;
};

/// Belongs to the loop's thread. Its queries must not outlive it.
class DnsClient {
 public:
  DnsClient(Loop& loop, DnsOptions options);
  ~DnsClient();
  DnsClient(const DnsClient&) = delete;
  DnsClient& operator=(const DnsClient&) = delete;

  /// Called once, from the loop, never from within ask(); may destroy the query and the client.
  using Done = std::function<void(DnsAnswer answer)>;
  [[nodiscard]] std::unique_ptr<DnsQuery> ask(const std::string& name, DnsType type, Done done);

  /// Those in use: "10.0.0.2:53, [::1]:53".
  std::string servers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::io
