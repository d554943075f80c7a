#include "discovery/consul/consul.h"

#include <utility>

#include "discovery/consul/announcement.h"
#include "discovery/consul/answers.h"
#include "discovery/consul/query.h"
#include "discovery/http_trouble.h"
#include "discovery/registry_tls.h"
#include "gateway/base/nanos.h"
#include "gateway/base/percent.h"

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
  Reader reader() override {
    return [this, what = what_](const io::HttpAnswer& answer, std::uint64_t) -> Take {
      std::string why;
      std::optional<ServiceAnswer> parsed;
      if (answer.status == 200) {
        parsed = parse_consul_service(answer.body, what, why);
        if (parsed && parsed->list.instances.empty() && knows_no_leader(answer)) parsed.reset(), why = kNothingYet;
      } else {
        why = trouble_of(answer);
      }
      if (!parsed) return [why] { return why; };
      return [this, known = std::make_shared<ServiceAnswer>(std::move(*parsed))] { return take(*known); };
    };
  }
  std::optional<std::string> take(ServiceAnswer& known) {
    if (!known.skipped.empty()) {
      log.say("skipped", "consul: service " + what_.service + ": " + known.skipped + "; it is left out");
    }
    changed_ = known.list != list_;
    list_ = std::move(known.list);
    return std::nullopt;
  }
  void tell() override {
    if (take_must_tell() || changed_) sink_.listed(list_);
  }
  void tell_failed(const std::string& why) override { sink_.failed(why); }

  const conf::Discover what_;
  ServiceSink& sink_;
  ServiceList list_;
  bool changed_ = false;
};

class ValueWatch final : public Watch, private ConsulQuery {
 public:
  ValueWatch(HttpServers& s, ConsulManners manners, const std::string& key, ValueSink& sink, Log log_to)
      : ConsulQuery(s, std::move(manners), "/v1/kv/" + percent_encoded(key, "/"), std::move(log_to)), sink_(sink) {}
  void read_again() override { read_anew(); }

 private:
  Reader reader() override {
    return [this](const io::HttpAnswer& answer, std::uint64_t index) -> Take {
      std::string why;
      std::optional<ConsulValue> now;
      if (answer.status == 200) {
        now = parse_consul_value(answer.body, why);
      } else if (knows_no_leader(answer)) {
        why = kNothingYet;
      }
      if (!why.empty()) return [why] { return why; };
      return [this, now, index] { return take(now, index); };
    };
  }
  std::optional<std::string> take(const std::optional<ConsulValue>& now, std::uint64_t index) {
    changed_ = now ? !value_ || now->version != value_->version : value_.has_value();
    value_ = now;
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
    manners_.wait = nanos(config.wait);
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
