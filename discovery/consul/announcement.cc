#include "discovery/consul/announcement.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "conf/config.h"
#include "discovery/http_trouble.h"
#include "gateway/base/nanos.h"
#include "gateway/base/percent.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

constexpr Nanos kMostToWithdraw = kNanosPerSecond;

std::string id_of(const conf::Announce& what) {
  return "penstock-" + what.service + "-" + conf::Address{what.host, what.port, {}}.text();
}

/// PUT /v1/agent/service/register
std::string entry_of(const conf::Announce& what) {
  Json meta = Json::object();
  for (const auto& [name, value] : what.metadata) meta[name] = value;
  if (!what.zone.empty()) meta["zone"] = what.zone;
  Json entry = {{"ID", id_of(what)},
                {"Name", what.service},
                {"Address", what.host},
                {"Port", what.port},
                {"Tags", what.tags},
                {"Meta", meta},
                {"Weights", {{"Passing", what.weight}, {"Warning", what.weight}}},
                {"Check",
                 {{"TTL", std::to_string(what.ttl.count()) + "ms"},
                  {"Status", "passing"},
                  {"DeregisterCriticalServiceAfter", "1m"}}}};
  return entry.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

ConsulAnnouncement::ConsulAnnouncement(HttpServers& servers, ConsulManners manners, const conf::Announce& what,
                                       std::function<void(const std::string&)> log)
    : servers_(servers),
      manners_(std::move(manners)),
      id_(id_of(what)),
      entry_(entry_of(what)),
      every_(nanos(what.ttl) / 3),
      log_(std::move(log)),
      timer_(Deadline::of<&ConsulAnnouncement::fire>(this)) {
  servers_.join(*this);
  servers_.loop().arm(timer_, 0);
}

ConsulAnnouncement::~ConsulAnnouncement() {
  servers_.leave(*this);
}

void ConsulAnnouncement::servers_up(bool) {
  if (withdrawing_) return;
  request_.reset();
  enter();
}

void ConsulAnnouncement::servers_down(const std::string&) {
  if (withdrawing_) return;
  request_.reset();
  timer_.cancel();
  stands_ = false;
}

void ConsulAnnouncement::fire() {
  if (withdrawing_) {
    withdrawn();
  } else if (servers_.ready() && !request_) {
    if (stands_) {
      pass();
    } else {
      enter();
    }
  }
}

void ConsulAnnouncement::enter() {
  io::HttpQuery query = consul_request(manners_, "PUT", "/v1/agent/service/register?replace-existing-checks=true");
  query.body = entry_;
  request_ = servers_.ask(std::move(query), [this](const io::HttpAnswer& answer) {
    request_.reset();
    entered(answer);
  });
}

void ConsulAnnouncement::entered(const io::HttpAnswer& answer) {
  if (answer.status != 200) {
    went_wrong(answer);
    return;
  }
  stands_ = true;
  log_.settle("refused");
  backoff_.worked(servers_.loop().now());
  servers_.loop().arm(timer_, every_);
}

void ConsulAnnouncement::pass() {
  io::HttpQuery query = consul_request(manners_, "PUT", "/v1/agent/check/pass/service:" + percent_encoded(id_));
  query.timeout = every_;
  request_ = servers_.ask(std::move(query), [this](const io::HttpAnswer& answer) {
    request_.reset();
    passed(answer);
  });
}

void ConsulAnnouncement::passed(const io::HttpAnswer& answer) {
  if (answer.status == 200) {
    servers_.loop().arm(timer_, every_);
  } else if (answer.status == 404 || answer.status == 500) {
    stands_ = false;  // the agent has lost its data: it says 404, earlier ones 500
    enter();
  } else {
    went_wrong(answer);
  }
}

void ConsulAnnouncement::went_wrong(const io::HttpAnswer& answer) {
  stands_ = false;
  if (answer.status != 0) {
    const std::string why = trouble_of(answer);
    log_.say("refused", "consul: can't announce " + id_ + ": " + why);
  }
  if (answer.status >= 500) servers_.suspect();
  servers_.loop().arm(timer_, backoff_.failed(servers_.loop().now(), servers_.random()));
}

void ConsulAnnouncement::withdraw(std::function<void()> done) {
  servers_.loop().assert_here();
  withdrawing_ = true;
  stands_ = false;
  done_ = std::move(done);
  servers_.loop().arm(timer_, kMostToWithdraw);
  request_ = servers_.ask(consul_request(manners_, "PUT", "/v1/agent/service/deregister/" + percent_encoded(id_)),
                          [this](const io::HttpAnswer&) { withdrawn(); });
}

void ConsulAnnouncement::withdrawn() {
  timer_.cancel();  // and not the request: it may still get through
  if (const auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace penstock::discovery
