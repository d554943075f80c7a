#include "discovery/dns/dns.h"

#include <list>
#include <set>
#include <utility>

#include "discovery/backoff.h"
#include "discovery/dns/lookup.h"
#include "discovery/request_pace.h"
#include "discovery/status_keeper.h"
#include "gateway/base/nanos.h"
#include "gateway/base/random.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

/// While there is no answer, a round is begun at least so often, so that a server's return is noticed before the
/// questions of earlier rounds have timed out.
constexpr Nanos kLongestWait = kNanosPerSecond;
/// Rounds under way at once: those before may be waiting for a server that says nothing.
constexpr std::size_t kRoundsAtOnce = 4;

struct DnsRegistry;

class DnsWatch final : public Watch {
 public:
  DnsWatch(DnsRegistry& registry, conf::Discover what, ServiceSink& sink);
  void read_again() override;

 private:
  using Rounds = std::list<std::unique_ptr<DnsLookup>>;

  void ask();
  void answered(Rounds::iterator round, DnsFound found);
  void tell_lost(const std::vector<std::string>& lost);
  void ask_in(Nanos wanted);
  void retry();

  DnsRegistry& registry_;
  const conf::Discover what_;
  ServiceSink& sink_;
  Backoff backoff_{kLongestWait};
  RequestPace pace_;
  bool failing_ = false;
  bool again_ = false;  ///< read_again() was called, and no round was begun since
  DnsHosts known_;
  std::set<std::string> lost_;  ///< what was logged already
  Rounds rounds_;
  Deadline next_ = Deadline::of<&DnsWatch::ask>(this);
};

struct DnsRegistry final : Registry {
  DnsRegistry(const RegistryParts& p, const conf::Dns& c)
      : parts(p), config(c), random(p.seed), keeper(p.loop.now()), client(p.loop, {c.servers, nanos(c.timeout)}) {}

  std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) override {
    return std::make_unique<DnsWatch>(*this, what, sink);
  }
  std::unique_ptr<Watch> watch_value(const std::string&, ValueSink&) override { return nullptr; }
  std::unique_ptr<Announcement> announce(const conf::Announce&) override { return nullptr; }
  RegistryStatus status() const override {
    RegistryStatus status = keeper.status();
    status.server = client.servers();
    return status;
  }

  const RegistryParts parts;
  const conf::Dns config;
  Random random;
  StatusKeeper keeper;
  io::DnsClient client;
};

DnsWatch::DnsWatch(DnsRegistry& registry, conf::Discover what, ServiceSink& sink)
    : registry_(registry), what_(std::move(what)), sink_(sink) {
  ask_in(0);
}

void DnsWatch::read_again() {
  again_ = true;
  ask_in(0);
}

void DnsWatch::ask_in(Nanos wanted) {
  io::Loop& loop = registry_.parts.loop;
  loop.arm(next_, pace_.wait(loop.now(), wanted));
}

void DnsWatch::ask() {
  if (rounds_.size() < kRoundsAtOnce) {
    again_ = false;
    pace_.asked(registry_.parts.loop.now());
    registry_.keeper.asked();
    const auto round = rounds_.emplace(rounds_.end());
    *round = std::make_unique<DnsLookup>(registry_.client, what_, known_,
                                         [this, round](DnsFound found) { answered(round, std::move(found)); });
  }
  if (failing_) {
    retry();
  } else {
    ask_in(kLongestWait);  // unless there is an answer by then
  }
}

void DnsWatch::retry() {
  if (!next_.armed()) ask_in(backoff_.failed(registry_.parts.loop.now(), registry_.random.next()));
}

void DnsWatch::answered(Rounds::iterator round, DnsFound found) {
  const Nanos now = registry_.parts.loop.now();
  if (!found.error.empty()) {
    rounds_.erase(round);
    failing_ = true;
    const std::string why = what_.service + ": " + found.error;
    registry_.keeper.failed(now, why);
    retry();
    sink_.failed(why);
    return;
  }
  rounds_.clear();
  failing_ = false;
  known_ = std::move(found.hosts);
  backoff_.worked(now);
  registry_.keeper.answered(now);
  ask_in(again_ ? 0 : refresh_after(found.ttl, registry_.config, registry_.random.next()));
  tell_lost(found.lost);
  sink_.listed({std::move(found.instances)});
}

void DnsWatch::tell_lost(const std::vector<std::string>& lost) {
  for (const std::string& text : lost) {
    if (!lost_.contains(text)) registry_.parts.log(what_.service + ": left as it was: " + text);
  }
  lost_ = {lost.begin(), lost.end()};
}

}  // namespace

std::unique_ptr<Registry> make_dns(const RegistryParts& parts, const conf::Dns& config) {
  return std::make_unique<DnsRegistry>(parts, config);
}

}  // namespace penstock::discovery
