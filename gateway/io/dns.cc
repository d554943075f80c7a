#include "gateway/io/dns.h"

// c-ares 1.28 and later have a second interface, and call this one deprecated.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <netdb.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/base/ip.h"
#include "gateway/io/fd_watch.h"
#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

constexpr int kClassInternet = 1;
constexpr std::uint16_t kDnsPort = 53;
constexpr int kDatagram = 1232;

/// Of a server as the configuration writes it.
bool read_server(const std::string& text, ares_addr_port_node& node) {
  const std::size_t bracket = text.rfind(']');
  const bool one_colon = std::count(text.begin(), text.end(), ':') == 1;
  const std::size_t colon = bracket != std::string::npos ? text.find(':', bracket)
                            : one_colon                  ? text.find(':')
                                                         : std::string::npos;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const int port = colon == std::string::npos ? kDnsPort : std::atoi(text.c_str() + colon + 1);
  node.udp_port = node.tcp_port = port;
  node.family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  return port > 0 && ares_inet_pton(node.family, host.c_str(), &node.addr) == 1;
}

std::string text_of(const ares_addr_port_node& node) {
  char host[IpAddress::kMaxText] = "?";
  ares_inet_ntop(node.family, &node.addr, host, sizeof host);
  const std::string port = std::to_string(node.udp_port != 0 ? node.udp_port : kDnsPort);
  return node.family == AF_INET6 ? "[" + std::string(host) + "]:" + port : host + (":" + port);
}

/// What c-ares has made of it; the text only where it says that there is one.
DnsAnswer answer_of(int status, const std::string& name, DnsType type, const unsigned char* bytes, int size) {
  DnsAnswer answer;
  const bool answered = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
  if (!answered || !bytes || size <= 0) {
    answer.error = ares_strerror(status);
    return answer;
  }
  auto message = parse_dns_message({bytes, static_cast<std::size_t>(size)});
  if (!message) {
    answer.error = "the answer is malformed";
    return answer;
  }
  answer.records = records_of(*message, name, type);
  answer.additional = std::move(message->additional);
  answer.negative_ttl = message->negative_ttl;
  answer.outcome = status == ARES_ENOTFOUND  ? DnsAnswer::Outcome::no_name
                   : !answer.records.empty() ? DnsAnswer::Outcome::found
                                             : DnsAnswer::Outcome::empty;
  return answer;
}

/// Shared by the query's owner and c-ares, which calls back exactly once, whether or not the owner is still there. What
/// it tells is handed on from the loop: c-ares calls in the middle of its own work, or of ask().
struct Pending {
  Pending(Loop& l, std::string n, DnsType t, DnsClient::Done d)
      : loop(l), name(std::move(n)), type(t), done(std::move(d)) {}

  void answered(DnsAnswer told) {
    if (dropped) return;
    answer = std::move(told);
    loop.arm(deliver, 0);
  }

  Loop& loop;
  const std::string name;
  const DnsType type;
  DnsClient::Done done;
  bool dropped = false;
  DnsAnswer answer;
  Deadline deliver{[](void* self) {
                     auto* pending = static_cast<Pending*>(self);
                     const DnsClient::Done tell = std::move(pending->done);  // the call may free it
                     tell(std::move(pending->answer));
                   },
                   this};
};

struct Query final : DnsQuery {
  explicit Query(std::shared_ptr<Pending> p) : pending(std::move(p)) {}
  ~Query() override {
    pending->dropped = true;
    pending->deliver.cancel();
  }
  const std::shared_ptr<Pending> pending;
};

/// What c-ares holds until it calls back.
struct Ticket {
  std::shared_ptr<Pending> pending;
  std::size_t* under_way;
};

void answered(void* argument, int status, int, unsigned char* bytes, int size) {
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(argument));
  --*ticket->under_way;
  if (status == ARES_EDESTRUCTION) return;
  const Pending& asked = *ticket->pending;
  if (!asked.dropped) ticket->pending->answered(answer_of(status, asked.name, asked.type, bytes, size));
}

}  // namespace

struct DnsClient::State {
  State(Loop& l, DnsOptions o) : loop(l), options(std::move(o)) { open(); }
  ~State() { close(); }

  void open();
  void close();
  void renew();
  int set_servers();
  void watch(int fd, bool readable, bool writable);
  void set_timer();
  void process(ares_socket_t readable, ares_socket_t writable);

  static constexpr const char* kSystemFile = "/etc/resolv.conf";
  static std::pair<std::int64_t, std::int64_t> system_file_changed() {
    struct stat about {};
    if (::stat(kSystemFile, &about) != 0) return {};
    return {about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
  }

  Loop& loop;
  const DnsOptions options;
  ares_channel channel = nullptr;  ///< null if it could not be made: `problem` tells why
  std::string problem;
  std::pair<std::int64_t, std::int64_t> opened_with{};  ///< when the system's file had last changed
  std::size_t under_way = 0;                            ///< questions that c-ares has
  std::map<int, FdWatch> watches;
  Deadline timer{[](void* self) { static_cast<State*>(self)->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }, this};
};

void DnsClient::State::open() {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  (void)library;
  ares_options wanted{};
  wanted.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  wanted.ednspsz = kDatagram;
  wanted.timeout = static_cast<int>(options.timeout / kNanosPerMilli);
  wanted.tries = static_cast<int>(options.tries);
  wanted.sock_state_cb_data = this;
  wanted.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<State*>(self)->watch(fd, readable != 0, writable != 0);
  };
  int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
  // From 1.31 on, c-ares keeps answers for their time to live unless told not to. Who asks again wants what is so now.
  mask |= ARES_OPT_QUERY_CACHE;
  wanted.qcache_max_ttl = 0;
#endif
  opened_with = system_file_changed();
  int status = ares_init_options(&channel, &wanted, mask);
  if (status != ARES_SUCCESS) {
    channel = nullptr;
  } else if (status = set_servers(); status != ARES_SUCCESS) {
    close();
  }
  problem = status == ARES_SUCCESS ? "" : ares_strerror(status);
}

void DnsClient::State::close() {
  if (channel) ares_destroy(std::exchange(channel, nullptr));
  watches.clear();
  timer.cancel();
}

/// The system's servers change as machines move between networks; c-ares reads them once.
void DnsClient::State::renew() {
  if (!options.servers.empty() || under_way != 0) return;
  if (channel && opened_with == system_file_changed()) return;
  close();
  open();
}

int DnsClient::State::set_servers() {
  if (options.servers.empty()) return ARES_SUCCESS;
  std::vector<ares_addr_port_node> nodes(options.servers.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!read_server(options.servers[i], nodes[i])) return ARES_EBADSTR;
    if (i > 0) nodes[i - 1].next = &nodes[i];
  }
  return ares_set_servers_ports(channel, nodes.data());
}

/// Called by c-ares before it closes a socket, too, with nothing to wait for.
void DnsClient::State::watch(int fd, bool readable, bool writable) {
  if (!readable && !writable) {
    watches.erase(fd);
    return;
  }
  const auto ready = [this, fd](bool can_read, bool can_write) {
    process(can_read ? fd : ARES_SOCKET_BAD, can_write ? fd : ARES_SOCKET_BAD);
  };
  watches.try_emplace(fd, loop, fd, ready).first->second.want(readable, writable);
}

void DnsClient::State::set_timer() {
  timeval space{};
  const timeval* left = channel ? ares_timeout(channel, nullptr, &space) : nullptr;
  if (!left) {
    timer.cancel();
    return;
  }
  const auto nanos = static_cast<Nanos>(left->tv_sec) * kNanosPerSecond + static_cast<Nanos>(left->tv_usec) * 1000;
  loop.arm(timer, nanos);
}

void DnsClient::State::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel, readable, writable);
  set_timer();
}

DnsClient::DnsClient(Loop& loop, DnsOptions options) : state_(std::make_unique<State>(loop, std::move(options))) {}

DnsClient::~DnsClient() = default;

std::unique_ptr<DnsQuery> DnsClient::ask(const std::string& name, DnsType type, Done done) {
  state_->renew();
  auto pending = std::make_shared<Pending>(state_->loop, canonical_dns_name(name), type, std::move(done));
  auto query = std::make_unique<Query>(pending);
  if (!state_->channel) {
    pending->answered({DnsAnswer::Outcome::failed, state_->problem});
    return query;
  }
  ++state_->under_way;
  auto* ticket = new Ticket{pending, &state_->under_way};  // c-ares gives it back, once
  ares_query(state_->channel, pending->name.c_str(), kClassInternet, static_cast<int>(type), &answered, ticket);
  state_->set_timer();
  return query;
}

std::string DnsClient::servers() const {
  ares_addr_port_node* first = nullptr;
  if (!state_->channel || ares_get_servers_ports(state_->channel, &first) != ARES_SUCCESS) return "";
  std::string list;
  for (const ares_addr_port_node* node = first; node; node = node->next)
    list += (list.empty() ? "" : ", ") + text_of(*node);
  ares_free_data(first);
  return list;
}

}  // namespace penstock::io
