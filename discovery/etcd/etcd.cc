#include "discovery/etcd/etcd.h"

#include <map>
#include <utility>

#include "discovery/etcd/announcement.h"
#include "discovery/etcd/reader.h"
#include "discovery/gathering.h"
#include "discovery/registry_tls.h"

namespace penstock::discovery {
namespace {

using Log = std::function<void(const std::string&)>;

class ServiceWatch final : public Watch, private EtcdReader {
 public:
  ServiceWatch(EtcdSession& session, const std::string& directory, ServiceSink& sink, Log log_to)
      : EtcdReader(session, directory, etcd_range_end(directory), std::move(log_to)),
        sink_(sink),
        lists_(servers.loop(), [this] { tell_list(); }) {}
  void read_again() override { read_anew(); }

 private:
  void reset(EtcdRange range) override {
    const auto before = std::exchange(members_, {});
    const bool changed = changed_;
    for (EtcdPair& pair : range.pairs) put(pair);
    changed_ = changed || members_ != before;
  }
  void apply(EtcdEvent event) override {
    if (!event.deleted) return put(event.pair);
    const auto found = members_.find(event.pair.key);
    if (found == members_.end()) return;
    changed_ = changed_ || found->second.instance;
    members_.erase(found);
  }
  void put(const EtcdPair& pair) {
    EtcdMember member = parse_etcd_member(pair.value);
    if (!member.bad.empty())
      log.say(pair.key, "etcd: " + pair.key.substr(0, 200) + ": " + member.bad + "; it is left out");
    EtcdMember& known = members_[pair.key];
    changed_ = changed_ || known.instance != member.instance;
    known = std::move(member);
  }
  std::string wrong() const override {
    if (members_.size() > kMostInstances) return "there are more than " + std::to_string(kMostInstances) + " keys";
    for (const auto& [key, member] : members_) {
      if (member.bad.empty()) return "";
    }
    return members_.empty() ? "" : members_.begin()->first.substr(0, 200) + ": " + members_.begin()->second.bad;
  }
  void tell() override {
    if (take_must_tell()) {
      lists_.now();
    } else if (changed_) {
      lists_.soon();
    }
  }
  void tell_list() {
    if (!wrong().empty()) return;  // since it was to be told
    changed_ = false;
    ServiceList list;
    list.instances.reserve(members_.size());
    for (const auto& [key, member] : members_) {
      if (member.instance) list.instances.push_back(*member.instance);
      if (!member.instance && member.bad.empty()) ++list.excluded;
    }
    sink_.listed(std::move(list));
  }
  /// What came before the failure is told before it.
  void tell_failed(const std::string& why) override {
    if (!lists_.waits() || lists_.now()) sink_.failed(why);
  }

  ServiceSink& sink_;
  std::map<std::string, EtcdMember> members_;  ///< by key
  bool changed_ = false;                       ///< since the last list
  Gathering lists_;
};

class ValueWatch final : public Watch, private EtcdReader {
 public:
  ValueWatch(EtcdSession& session, const std::string& key, ValueSink& sink, Log log_to)
      : EtcdReader(session, key, "", std::move(log_to)), sink_(sink) {}
  void read_again() override { read_anew(); }

 private:
  void reset(EtcdRange range) override {
    value_.reset();
    revision_ = range.revision;
    for (EtcdPair& pair : range.pairs) value_ = std::move(pair);
  }
  void apply(EtcdEvent event) override {
    revision_ = event.pair.version;
    value_.reset();
    if (!event.deleted) value_ = std::move(event.pair);
  }
  std::string wrong() const override { return ""; }
  void tell() override {
    const auto version = value_ ? value_->version : 0;
    const bool changed = std::exchange(told_, version) != version;
    if (!take_must_tell() && !changed) return;
    if (value_) {
      sink_.value(value_->value, version);
    } else {
      sink_.value(std::nullopt, revision_);
    }
  }
  void tell_failed(const std::string& why) override { sink_.failed(why); }

  ValueSink& sink_;
  std::optional<EtcdPair> value_;
  std::uint64_t revision_ = 0;
  std::uint64_t told_ = 0;  ///< the value's version; 0: none
};

/// A read that needs a leader, of a key that nobody has. Who may not read it answers so after having asked the leader.
HttpServers::Probe probe() {
  io::HttpQuery query;
  query.method = "POST";
  query.url = "/v3/kv/range";
  query.body = R"({"key":"AA==","count_only":true})";
  return {std::move(query), [](const io::HttpAnswer& answer) { return answer.status < 500; }};
}

class EtcdRegistry final : public Registry {
 public:
  EtcdRegistry(const RegistryParts& parts, const conf::Etcd& config)
      : servers_(parts, config.urls, registry_tls(config.tls), probe()),
        session_(servers_, config.auth, parts.log),
        log_(parts.log),
        prefix_(config.prefix) {
    if (!prefix_.ends_with('/')) prefix_ += '/';
  }

  std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) override {
    return std::make_unique<ServiceWatch>(session_, prefix_ + what.service + "/", sink, log_);
  }
  std::unique_ptr<Watch> watch_value(const std::string& key, ValueSink& sink) override {
    return std::make_unique<ValueWatch>(session_, key, sink, log_);
  }
  std::unique_ptr<Announcement> announce(const conf::Announce& what) override {
    return std::make_unique<EtcdAnnouncement>(session_, prefix_, what, log_);
  }
  RegistryStatus status() const override { return servers_.status(); }

 private:
  HttpServers servers_;
  EtcdSession session_;
  Log log_;
  std::string prefix_;
};

}  // namespace

std::unique_ptr<Registry> make_etcd(const RegistryParts& parts, const conf::Etcd& config) {
  return std::make_unique<EtcdRegistry>(parts, config);
}

}  // namespace penstock::discovery
