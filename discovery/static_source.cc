#include "discovery/static_source.h"

#include <deque>
#include <utility>

#include "gateway/io/loop.h"
#include "gateway/io/resolver.h"

namespace penstock::discovery {
namespace {

/// getaddrinfo tells no TTL; 30 s is what most services' records live.
constexpr Nanos kRefresh = 30 * kNanosPerSecond;
constexpr Nanos kRetry = 2 * kNanosPerSecond;

}  // namespace

struct StaticSource::State : std::enable_shared_from_this<State> {
  struct Entry {
    Entry(State& s, const conf::Endpoint& e) : home(s), from(e) {}
    void look_up() { home.look_up(*this); }

    State& home;
    conf::Endpoint from;
    std::vector<io::SocketAddress> addresses;
    bool is_name = false;
    bool asked = false;
    std::string last_error;
    Deadline refresh = Deadline::of<&Entry::look_up>(this);
  };

  State(io::Loop& l, std::string n, Publish p, Warn w, Settled s)
      : loop(l), name(std::move(n)), publish(std::move(p)), warn(std::move(w)), settled(std::move(s)) {}

  void add(const conf::Endpoint& endpoint) {
    Entry& entry = entries.emplace_back(*this, endpoint);
    const conf::Address& address = endpoint.address;
    const auto known = address.is_unix() ? io::SocketAddress::from_unix(address.unix_path)
                                         : io::SocketAddress::from_ip(address.host, address.port);
    if (known) {
      entry.addresses = {*known};
    } else {
      entry.is_name = true;
    }
  }

  void look_up(Entry& entry) {
    const conf::Address& address = entry.from.address;
    io::resolve(loop, address.host, address.port,
                [weak = weak_from_this(), &entry](std::vector<io::SocketAddress> addresses, std::string error) {
                  if (auto self = weak.lock()) self->resolved(entry, std::move(addresses), std::move(error));
                });
  }

  void resolved(Entry& entry, std::vector<io::SocketAddress> addresses, std::string error) {
    if (!error.empty() && error != entry.last_error) {
      warn("upstream " + name + ": can't resolve " + entry.from.address.host + ": " + error +
           (entry.addresses.empty() ? "" : "; keeping the addresses known"));
    }
    const bool changed = error.empty() && addresses != entry.addresses;
    if (changed) entry.addresses = std::move(addresses);
    loop.arm(entry.refresh, error.empty() ? kRefresh : kRetry);
    entry.last_error = std::move(error);
    if (changed) publish_now();
    if (!std::exchange(entry.asked, true) && --unasked == 0) settled();
  }

  void publish_now() {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->version = ++version;
    for (const Entry& entry : entries) {
      for (const io::SocketAddress& address : entry.addresses) {
        snapshot->endpoints.push_back({address.text(),
                                       address,
                                       entry.from.weight,
                                       entry.from.zone,
                                       entry.from.priority,
                                       {},
                                       entry.is_name ? entry.from.address.host : ""});
      }
    }
    publish(std::move(snapshot));
  }

  void start() {
    publish_now();
    for (Entry& entry : entries) {
      if (!entry.is_name) continue;
      ++unasked;
      look_up(entry);
    }
    if (unasked == 0) settled();
  }

  io::Loop& loop;
  std::string name;
  Publish publish;
  Warn warn;
  Settled settled;
  std::uint64_t version = 0;
  std::size_t unasked = 0;    ///< names without a first answer
  std::deque<Entry> entries;  ///< filled once; deadlines point into it
};

StaticSource::StaticSource(io::Loop& loop, const conf::Upstream& upstream, Publish publish, Warn warn, Settled settled)
    : state_(std::make_shared<State>(loop, upstream.name, std::move(publish), std::move(warn), std::move(settled))) {
  for (const conf::Endpoint& endpoint : upstream.endpoints) state_->add(endpoint);
  state_->start();
}

StaticSource::~StaticSource() = default;

}  // namespace penstock::discovery
