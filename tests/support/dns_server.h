// A DNS server on loopback, over UDP and TCP on one port, whose answers are made by hand (RFC 1035 §4).
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

namespace penstock::e2e {

struct DnsQuestion {
  std::string name;  ///< as it was sent, without the dot at the end
  int type = 0;
  bool tcp = false;
  std::string head;  ///< the id, then the question as it was sent: what a reply repeats
};

/// Records as they stand in a message, names in full. TTLs in seconds.
std::string dns_record(std::string_view name, int type, std::uint32_t ttl, std::string_view data);
std::string dns_a(std::string_view name, const std::string& address, std::uint32_t ttl);
std::string dns_aaaa(std::string_view name, const std::string& address, std::uint32_t ttl);
std::string dns_cname(std::string_view name, std::string_view target, std::uint32_t ttl);
std::string dns_srv(std::string_view name, int priority, int weight, int port, std::string_view target,
                    std::uint32_t ttl);
/// `minimum`: how long "there is none" holds.
std::string dns_soa(std::string_view name, std::uint32_t ttl, std::uint32_t minimum);
std::string dns_name(std::string_view name);

struct DnsReply {
  std::vector<std::string> answers{};
  std::vector<std::string> authority{};
  std::vector<std::string> additional{};
  int rcode = 0;
  bool truncated = false;

  std::string bytes(const DnsQuestion& question) const;
};

inline constexpr int kDnsA = 1;
inline constexpr int kDnsAaaa = 28;
inline constexpr int kDnsSrv = 33;
inline constexpr int kServfail = 2;
inline constexpr int kNxdomain = 3;
inline constexpr int kRefused = 5;

/// One thread serves. The test may call everything from its own thread at any time.
class DnsServer {
 public:
  /// The whole answer's bytes; empty: silence.
  using Script = std::function<std::string(const DnsQuestion&)>;

  /// Answers that there are no such records until told otherwise.
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const { return address_.text(); }
  void on_question(Script script);
  /// Every question is answered like this.
  void reply(const DnsReply& reply);
  void silence();
  /// Closes its sockets: questions are refused, until start().
  void stop();
  void start();

  std::vector<DnsQuestion> questions() const;
  /// Of one type.
  std::size_t asked(int type) const;

 private:
  void bind_sockets();
  void serve();
  void serve_datagram();
  void serve_connection();
  std::string answer(std::string_view message, bool tcp);

  SocketAddress address_;
  Fd udp_, tcp_;
  Fd stop_;  ///< an eventfd

  mutable std::mutex mutex_;
  Script script_;
  std::vector<DnsQuestion> questions_;

  std::thread thread_;
};

}  // namespace penstock::e2e
