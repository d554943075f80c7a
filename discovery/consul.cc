#include "discovery/consul.h"

#include <utility>

#include "discovery/consul_announcement.h"
#include "discovery/consul_answers.h"
#include "discovery/consul_query.h"
#include "discovery/host_text.h"
#include "discovery/http_trouble.h"
#include "discovery/registry_tls.h"

namespace penstock::discovery {
namespace {

using Log = std::function<void(const std::string&)>;

std::string service_path(const conf::Discover& what) {
  std::string path = "/v1/health/service/" + percent_encoded(what.service);
  for (std::size_t i = 0; i < what.tags.size(); ++i) path += (i ? "&tag=" : "?tag=") + percent_encoded(what.tags[i]);
  return path;
}

/// A server that has just started answers stale queries before it has read its own data.
constexpr const char* kNothingYet = "a server that knows no leader tells of nothing";

bool knows_no_leader(const io::HttpAnswer& answer) {
  return answer.get("x-consul-knownleader") == "false";
}

class ServiceWatch final : public Watch, private ConsulQuery {
 public:
  ServiceWatch(HttpServers& s, ConsulManners manners, const conf::Discover& what, ServiceSink& sink, Log log_to)
      : ConsulQuery(s, std::move(manners), service_path(what), std::move(log_to)), what_(what), sink_(sink) {}
  void read_again() override { read_anew(); }

 private:
  std::optional<std::string> read(const io::HttpAnswer& answer, std::uint64_t) override {
    if (answer.status != 200) return trouble_of(answer);
    std::string why;
    auto parsed = parse_consul_service(answer.body, what_, why);
    if (!parsed) return why;
    if (parsed->instances.empty() && knows_no_leader(answer)) return kNothingYet;
    if (!parsed->skipped.empty()) {
      log.say("skipped", "consul: service " + what_.service + ": " + parsed->skipped + "; it is left out");
    }
    changed_ = parsed->instances != instances_;
    instances_ = std::move(parsed->instances);
    return std::nullopt;
  }
  void tell() override {
    if (take_must_tell() || changed_) sink_.listed(instances_);
  }
  void tell_failed(const std::string& why) override { sink_.failed(why); }

  const conf::Discover what_;
  ServiceSink& sink_;
  std::vector<Instance> instances_;
  bool changed_ = false;
};

class ValueWatch final : public Watch, private ConsulQuery {
 public:
  ValueWatch(HttpServers& s, ConsulManners manners, const std::string& key, ValueSink& sink, Log log_to)
      : ConsulQuery(s, std::move(manners), "/v1/kv/" + percent_encoded(key, "/"), std::move(log_to)), sink_(sink) {}
  void read_again() override { read_anew(); }

 private:
  std::optional<std::string> read(const io::HttpAnswer& answer, std::uint64_t index) override {
    std::optional<ConsulValue> now;
    if (answer.status == 200) {
      std::string why;
      now = parse_consul_value(answer.body, why);
      if (!now) return why;
    } else if (knows_no_leader(answer)) {
      return kNothingYet;
    }
    const auto is_same = [&] { return now ? value_ && now->version == value_->version : !value_; };
    changed_ = !is_same();
    value_ = std::move(now);
    index_ = index;
    return std::nullopt;
  }
  void tell() override {
    if (!take_must_tell() && !changed_) return;
    if (value_) {
      sink_.value(value_->text, value_->version);
    } else {
      sink_.value(std::nullopt, index_);
    }
  }
  void tell_failed(const std::string& why) override { sink_.failed(why); }

  ValueSink& sink_;
  std::optional<ConsulValue> value_;
  std::uint64_t index_ = 0;
  bool changed_ = false;
};

/// A server is well if it can answer queries: with `stale` it needs no leader for that.
HttpServers::Probe probe_for(const conf::Consul& config) {
  io::HttpQuery query;
  query.url = "/v1/status/leader";
  const bool needs_leader = !config.stale;
  return {std::move(query), [needs_leader](const io::HttpAnswer& answer) {
            return answer.status < 500 && !(needs_leader && answer.body.starts_with("\"\""));
          }};
}

class ConsulRegistry final : public Registry {
 public:
  ConsulRegistry(const RegistryParts& parts, const conf::Consul& config)
      : servers_(parts, config.urls, registry_tls(config.tls), probe_for(config)), log_(parts.log) {
    manners_.stale = config.stale;
    manners_.datacenter = config.datacenter;
    manners_.token = config.token;
    manners_.wait = static_cast<Nanos>(config.wait.count()) * kNanosPerMilli;
  }

  std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) override {
    ConsulManners manners = manners_;
    if (!what.datacenter.empty()) manners.datacenter = what.datacenter;
    return std::make_unique<ServiceWatch>(servers_, std::move(manners), what, sink, log_);
  }
  std::unique_ptr<Watch> watch_value(const std::string& key, ValueSink& sink) override {
    return std::make_unique<ValueWatch>(servers_, manners_, key, sink, log_);
  }
  std::unique_ptr<Announcement> announce(const conf::Announce& what) override {
    return std::make_unique<ConsulAnnouncement>(servers_, manners_, what, log_);
  }
  RegistryStatus status() const override { return servers_.status(); }

 private:
  HttpServers servers_;
  Log log_;
  ConsulManners manners_;
};

}  // namespace

std::unique_ptr<Registry> make_consul(const RegistryParts& parts, const conf::Consul& config) {
  return std::make_unique<ConsulRegistry>(parts, config);
}

}  // namespace penstock::discovery
