#include "discovery/dns/lookup.h"

#include <algorithm>
#include <utility>

namespace penstock::discovery {

using io::DnsAnswer;
using io::DnsType;

namespace {

/// Additional records are as many as there was room for.
bool lacks_a_family(const DnsHost& host, const DnsHost& before) {
  return (host.v4.empty() && !before.v4.empty()) || (host.v6.empty() && !before.v6.empty());
}

}  // namespace

DnsHostLookup::DnsHostLookup(io::DnsClient& client, const std::string& name, DnsHost before, Done done)
    : before_(std::move(before)), done_(std::move(done)) {
  ask_a_ = client.ask(name, DnsType::a, [this](DnsAnswer answer) {
    a_ = std::move(answer);
    answered();
  });
  ask_aaaa_ = client.ask(name, DnsType::aaaa, [this](DnsAnswer answer) {
    aaaa_ = std::move(answer);
    answered();
  });
}

void DnsHostLookup::answered() {
  if (!a_ || !aaaa_) return;
  const Done done = std::move(done_);  // the call may free it
  done(merge_families(*a_, *aaaa_, before_));
}

DnsLookup::DnsLookup(io::DnsClient& client, const conf::Discover& what, const DnsHosts& known, Done done)
    : client_(client), known_(known), done_(std::move(done)) {
  const std::string name = io::canonical_dns_name(what.service);
  if (name.starts_with('_')) {
    ask_srv_ = client.ask(name, DnsType::srv, [this](DnsAnswer answer) { srv_answered(std::move(answer)); });
    return;
  }
  const auto finished = [this, name, port = what.port.value_or(0)](DnsHostAnswer answer) {
    found_.error = std::move(answer.error);
    found_.instances = instances_of(answer.host, port);
    found_.ttl = answer.ttl;
    found_.hosts[name] = std::move(answer.host);
    finish();
  };
  targets_.try_emplace(name, client, name, this->known(name), finished);
}

const DnsHost& DnsLookup::known(const std::string& name) const {
  static const DnsHost nothing;
  const auto found = known_.find(name);
  return found == known_.end() ? nothing : found->second;
}

void DnsLookup::srv_answered(DnsAnswer answer) {
  found_.error = std::move(answer.error);
  found_.ttl = answer.records.empty() ? negative_ttl(answer) : least_ttl(answer.records);
  srv_ = std::move(answer.records);
  const DnsHosts sent_along = hosts_among(answer.additional);
  for (const std::string& target : targets_of(srv_)) {
    const auto found = sent_along.find(target);
    if (found == sent_along.end() || lacks_a_family(found->second, known(target))) {
      waiting_.push_back(target);
    } else {
      found_.hosts.insert(*found);
    }
  }
  for (const io::DnsRecord& record : answer.additional) {
    if (found_.hosts.contains(record.name)) found_.ttl = std::min(found_.ttl, record.ttl);
  }
  resolve_targets();
}

void DnsLookup::resolve_targets() {
  while (!waiting_.empty() && targets_.size() < kAtOnce) {
    const std::string target = std::move(waiting_.back());
    waiting_.pop_back();
    targets_.try_emplace(target, client_, target, known(target), [this, target](DnsHostAnswer answer) {
      target_answered(std::string(target), std::move(answer));
    });
  }
  if (targets_.empty()) finish();
}

void DnsLookup::target_answered(const std::string& target, DnsHostAnswer answer) {
  if (answer.error.empty()) {
    found_.ttl = std::min(found_.ttl, answer.ttl);
    found_.hosts[target] = std::move(answer.host);
  } else {
    found_.lost.push_back(target + ": " + answer.error);
    found_.hosts[target] = known(target);
  }
  targets_.erase(target);
  resolve_targets();
}

void DnsLookup::finish() {
  if (!srv_.empty()) found_.instances = instances_of(srv_, found_.hosts);
  if (found_.error.empty() && found_.instances.empty() && !found_.lost.empty()) found_.error = found_.lost.front();
  if (found_.instances.size() > kMostInstances) found_.error = "too many instances";
  const Done done = std::move(done_);  // the call may free it
  done(std::move(found_));
}

}  // namespace penstock::discovery
