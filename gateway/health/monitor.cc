#include "gateway/health/monitor.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "gateway/base/alive.h"
#include "gateway/base/proxy_header.h"
#include "gateway/base/random.h"
#include "gateway/health/outlier_detector.h"
#include "gateway/health/outlier_text.h"
#include "gateway/health/standings.h"
#include "gateway/health/standings_memory.h"
#include "gateway/io/loop.h"

namespace penstock::health {
namespace {

constexpr Nanos kTick = kNanosPerSecond;
/// Endpoints that are read at one go: so many, with latencies, take some 3 ms. A larger pool is read bit by bit over
/// the second.
constexpr std::size_t kSlice = 1000;

/// How an endpoint that refused connections is asked whether it takes them again.
conf::HealthCheck knocking(const conf::Upstream& upstream) {
  conf::HealthCheck how;
  how.interval = conf::milliseconds(1000);
  how.timeout = upstream.timeouts.connect;
  return how;
}

std::string checks_text(std::uint32_t count, const char* result) {
  return std::to_string(count) + (count == 1 ? " check " : " checks ") + result;
}

}  // namespace

struct Monitor::Impl {
  Impl(io::Loop& on, const conf::Upstream& of, std::uint64_t seed, Changed when_changed, Tell teller);

  void learn_from(const Impl& before);
  void watch(std::vector<Watched> endpoints);
  void arrive(Entry& entry, Watched endpoint, bool joins);
  void rename(Entry& entry, io::TlsTarget tls);
  void take_record(Entry& entry, EndpointRecordPtr record);
  void tick();
  bool read(const EndpointRecord& record, std::uint64_t& requests_seen);
  void failures_in_a_row(const EndpointRecordPtr& record, Failure last);
  ProbeTarget target(const Entry& entry) const;
  void check(Entry& entry);
  void checked(Entry& entry, bool passed, const std::string& why);
  void knock(Entry& entry);
  void apply(const OutlierDetector::Changes& changes);
  void eject(Entry& entry, const OutlierDetector::Change& change);
  void take_back(Entry& entry);
  void settle(Entry& entry, const std::string& why_healthy);
  void say(const Entry& entry, const std::string& what);
  void notify();

  // Constant.
  io::Loop& loop;
  const conf::Upstream& upstream;
  const conf::HealthCheck knock_how;
  const Changed changed;
  const Tell tell;

  Random random;
  Standings standings;
  std::vector<Entry*> listed;   ///< as they were handed in
  std::vector<Entry*> watched;  ///< the same, each once
  std::unordered_map<const EndpointRecord*, Entry*> by_record;
  std::uint64_t generation = 0;
  std::optional<OutlierDetector> detector;
  OutlierSample sample;  ///< read() fills it
  Deadline tick_deadline;
  std::size_t slice = 0;   ///< the next to be read
  std::size_t slices = 1;  ///< of this second
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  bool notified = false;
  Alive alive;
};

Monitor::Impl::Impl(io::Loop& on, const conf::Upstream& of, std::uint64_t seed, Changed when_changed, Tell teller)
    : loop(on),
      upstream(of),
      knock_how(knocking(of)),
      changed(std::move(when_changed)),
      tell(std::move(teller)),
      random(seed),
      tick_deadline(Deadline::of<&Impl::tick>(this)) {
  if (upstream.outlier) detector.emplace(*upstream.outlier);
  loop.arm(tick_deadline, kTick);
}

/// Each comes as one that has left, and so may be forgotten if it does not come back.
void Monitor::Impl::learn_from(const Impl& before) {
  before.standings.for_each([&](const Entry& known) {
    Entry& entry = standings.at(known.address);
    entry.standing = known.standing;
    if (upstream.health_check && before.upstream.health_check) {
      entry.tally = known.tally;
      entry.complaint = known.complaint;
    }
    if (upstream.outlier && known.suspect) {
      entry.suspect.emplace(*upstream.outlier);
      if (upstream.outlier->enforce && known.ejected) {
        entry.suspect->term = known.suspect->term;
        entry.ejected = true;
        entry.by_connect_failures = known.by_connect_failures;
        entry.ejection = known.ejection;
      }
    }
    const State state = !entry.tally.healthy() ? State::unhealthy : entry.ejected ? State::ejected : State::healthy;
    if (entry.standing.state != state) {
      entry.standing.state = state;
      entry.standing.reason = "by another configuration";
      entry.standing.since_unix_ms = loop.unix_ms();
    }
    standings.left(entry, loop.now());
  });
  if (detector && before.detector) detector->count_on(*before.detector);
  passed = before.passed;
  failed = before.failed;
}

// ---- who is watched

void Monitor::Impl::watch(std::vector<Watched> endpoints) {
  const bool others = !watched.empty();
  const std::vector<Entry*> before = std::exchange(watched, {});
  listed.clear();
  by_record.clear();
  ++generation;
  for (Watched& endpoint : endpoints) {
    Entry& entry = standings.at(endpoint.address.text());
    listed.push_back(&entry);
    by_record.emplace(endpoint.record.get(), &entry);
    if (std::exchange(entry.generation, generation) == generation) continue;
    entry.index = watched.size();
    watched.push_back(&entry);
    if (!entry.watched) {
      arrive(entry, std::move(endpoint), others);
      continue;
    }
    if (entry.tls.name != endpoint.tls.name) rename(entry, std::move(endpoint.tls));
    if (entry.record != endpoint.record) take_record(entry, std::move(endpoint.record));
  }
  for (Entry* entry : before) {
    if (entry->generation != generation) standings.left(*entry, loop.now());
  }
  standings.forget(loop.now());
  if (!detector) return;
  std::vector<Suspect*> pool;
  pool.reserve(watched.size());
  for (Entry* entry : watched) pool.push_back(&*entry->suspect);
  detector->watch(std::move(pool));
  apply(detector->keep_one(loop.now()));
}

void Monitor::Impl::arrive(Entry& entry, Watched endpoint, bool joins) {
  standings.arrived(entry);
  entry.socket = endpoint.address;
  entry.tls = std::move(endpoint.tls);
  if (entry.standing.since_unix_ms == 0) entry.standing.since_unix_ms = loop.unix_ms();
  if (joins && entry.standing.usable()) entry.standing.recovered_at = loop.now();
  if (upstream.outlier && !entry.suspect) entry.suspect.emplace(*upstream.outlier);
  take_record(entry, std::move(endpoint.record));
  if (upstream.health_check) check(entry);
  if (entry.ejected && entry.by_connect_failures) knock(entry);
}

/// Checks ask for another certificate from now on.
void Monitor::Impl::rename(Entry& entry, io::TlsTarget tls) {
  entry.tls = std::move(tls);
  if (entry.checker) check(entry);
  if (entry.knock) knock(entry);
}

/// What it has counted before counts for nothing here.
void Monitor::Impl::take_record(Entry& entry, EndpointRecordPtr record) {
  entry.record = std::move(record);
  entry.requests_seen = 0;
  read(*entry.record, entry.requests_seen);
  if (entry.suspect) entry.suspect->window.start_from(sample);
}

// ---- what requests meet

void Monitor::Impl::tick() {
  if (slice == 0) slices = 1 + watched.size() / kSlice;
  loop.arm(tick_deadline, kTick / slices);
  const std::size_t end = watched.size() * (slice + 1) / slices;
  for (std::size_t i = watched.size() * slice / slices; detector && i < end; ++i) {
    if (read(*watched[i]->record, watched[i]->requests_seen)) detector->observe(i, sample);
  }
  slice = (slice + 1) % slices;
  if (slice != 0) return;
  standings.forget(loop.now());
  if (detector) apply(detector->tick(loop.now()));
}

/// Into `sample`. False, and all 0, if the endpoint has had no request since.
bool Monitor::Impl::read(const EndpointRecord& record, std::uint64_t& requests_seen) {
  std::uint64_t requests = 0;
  for (const EndpointStats& worker : record.workers()) requests += worker.requests.value();
  sample = {};
  if (requests == std::exchange(requests_seen, requests)) return false;
  sample.requests = requests;
  sample.failures_in_a_row = record.failures_in_a_row();
  for (const EndpointStats& worker : record.workers()) {
    sample.failures += worker.failures.value();
    if (upstream.outlier && upstream.outlier->latency_ratio) worker.latency.add_to(sample.latency);
  }
  return true;
}

void Monitor::Impl::failures_in_a_row(const EndpointRecordPtr& record, Failure last) {
  const auto found = by_record.find(record.get());
  if (found == by_record.end() || !detector) return;
  // A success may have come in between: they were as many all the same.
  const std::uint32_t count = std::max(record->failures_in_a_row(), upstream.outlier->consecutive_failures);
  apply(detector->failures_in_a_row(found->second->index, count, last, loop.now()));
}

void Monitor::Impl::apply(const OutlierDetector::Changes& changes) {
  for (const OutlierDetector::Change& change : changes) {
    Entry& entry = *watched[change.index];
    if (change.ejected) {
      eject(entry, change);
    } else {
      take_back(entry);
    }
    settle(entry, change.why);
  }
}

void Monitor::Impl::eject(Entry& entry, const OutlierDetector::Change& change) {
  entry.ejection = "for " + duration_text(change.duration) + ": " + change.why;
  entry.ejected = upstream.outlier->enforce;
  entry.by_connect_failures = change.reason == Ejection::connect_failures;
  if (!entry.ejected) {
    say(entry, "would be ejected " + entry.ejection);
  } else if (entry.by_connect_failures) {
    knock(entry);
  }
}

void Monitor::Impl::take_back(Entry& entry) {
  entry.ejected = false;
  entry.knock.reset();
  entry.record->forget_failures_in_a_row();
}

// ---- checks

ProbeTarget Monitor::Impl::target(const Entry& entry) const {
  ProbeTarget target = entry.socket;
  target.tls = entry.tls;
  if (upstream.proxy_protocol) {
    const bool v1 = *upstream.proxy_protocol == conf::ProxyProtocolVersion::v1;
    target.proxy_header = write_proxy_header(v1 ? ProxyHeaderVersion::v1 : ProxyHeaderVersion::v2, std::nullopt);
  }
  return target;
}

void Monitor::Impl::check(Entry& entry) {
  entry.checker =
      std::make_unique<Checker>(loop, *upstream.health_check, target(entry), random.next(),
                                [this, &entry](bool good, const std::string& why) { checked(entry, good, why); });
}

void Monitor::Impl::checked(Entry& entry, bool good, const std::string& why) {
  ++(good ? passed : failed);
  const bool turned = entry.tally.add(good, *upstream.health_check);
  entry.checker->again(!entry.tally.healthy() || entry.tally.in_doubt());
  if (!turned) return;
  if (detector) detector->set_unhealthy(entry.index, !good);
  if (good) entry.record->forget_failures_in_a_row();
  const std::string checks = checks_text(entry.tally.in_a_row(), good ? "passed" : "failed");
  if (!good) entry.complaint = checks + ": " + why;
  settle(entry, checks);
  if (detector) apply(detector->keep_one(loop.now()));
}

void Monitor::Impl::knock(Entry& entry) {
  entry.knock = std::make_unique<Checker>(loop, knock_how, target(entry), random.next(),
                                          [this, &entry](bool good, const std::string&) {
                                            if (!good) {
                                              entry.knock->again(true);
                                              return;
                                            }
                                            apply(detector->take_back(entry.index, loop.now(), "it takes connections"));
                                          });
}

// ---- standings

/// Brings the standing in line with what is known. Unhealthy goes before ejected.
void Monitor::Impl::settle(Entry& entry, const std::string& why_healthy) {
  const State state = !entry.tally.healthy() ? State::unhealthy : entry.ejected ? State::ejected : State::healthy;
  Standing& standing = entry.standing;
  if (std::exchange(standing.state, state) == state) return;
  standing.since_unix_ms = loop.unix_ms();
  switch (state) {
    case State::healthy:
      standing.reason = why_healthy;
      standing.recovered_at = loop.now();
      say(entry, "is healthy again: " + standing.reason);
      break;
    case State::unhealthy:
      standing.reason = entry.complaint;
      say(entry, "is unhealthy: " + standing.reason);
      break;
    case State::ejected:
      standing.reason = entry.ejection;
      say(entry, "ejected " + standing.reason);
      break;
  }
  notify();
}

void Monitor::Impl::say(const Entry& entry, const std::string& what) {
  if (tell) tell("upstream " + upstream.name + ": " + entry.address + " " + what);
}

void Monitor::Impl::notify() {
  if (std::exchange(notified, true)) return;
  loop.post(alive.guard([this] {
    notified = false;
    if (changed) changed();
  }));
}

// ---- the face of it

Monitor::Monitor(io::Loop& loop, const conf::Upstream& upstream, std::uint64_t seed, Changed changed, Tell tell)
    : impl_(std::make_unique<Impl>(loop, upstream, seed, std::move(changed), std::move(tell))) {}
Monitor::~Monitor() = default;

void Monitor::learn_from(const Monitor& before) {
  impl_->loop.assert_here();
  impl_->learn_from(*before.impl_);
}

std::string Monitor::memory() const {
  impl_->loop.assert_here();
  return memory_of(impl_->standings);
}

void Monitor::recall(std::string_view memory) {
  impl_->loop.assert_here();
  health::recall(impl_->standings, memory, impl_->upstream, impl_->loop.now());
}

void Monitor::watch(std::vector<Watched> endpoints) {
  impl_->loop.assert_here();
  impl_->watch(std::move(endpoints));
}

const Standing& Monitor::standing(std::size_t index) const {
  impl_->loop.assert_here();
  return impl_->listed.at(index)->standing;
}

void Monitor::failures_in_a_row(const EndpointRecordPtr& record, Failure last) {
  impl_->loop.assert_here();
  impl_->failures_in_a_row(record, last);
}

std::uint64_t Monitor::ejections(Ejection reason) const {
  return impl_->detector ? impl_->detector->ejections(reason) : 0;
}

std::uint64_t Monitor::checks_passed() const {
  return impl_->passed;
}

std::uint64_t Monitor::checks_failed() const {
  return impl_->failed;
}

}  // namespace penstock::health
