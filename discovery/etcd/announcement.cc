#include "discovery/etcd/announcement.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "conf/config.h"
#include "discovery/base64.h"
#include "discovery/etcd/answers.h"
#include "discovery/http_trouble.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

constexpr Nanos kMostToWithdraw = kNanosPerSecond;

std::string value_of(const conf::Announce& what) {
  Json metadata = Json::object();
  for (const auto& [name, value] : what.metadata) metadata[name] = value;
  Json value = {{"host", what.host}, {"port", what.port}, {"weight", what.weight}, {"metadata", metadata}};
  if (!what.zone.empty()) value["zone"] = what.zone;
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

EtcdAnnouncement::EtcdAnnouncement(EtcdSession& session, const std::string& prefix, const conf::Announce& what,
                                   std::function<void(const std::string&)> log)
    : session_(session),
      servers_(session.servers()),
      key_(prefix + what.service + "/" + conf::Address{what.host, what.port, {}}.text()),
      value_(value_of(what)),
      ttl_((static_cast<std::uint64_t>(what.ttl.count()) + 999) / 1000),
      log_(std::move(log)),
      timer_(Deadline::of<&EtcdAnnouncement::fire>(this)) {
  session_.join(*this);
  servers_.loop().arm(timer_, 0);
}

EtcdAnnouncement::~EtcdAnnouncement() {
  session_.leave(*this);
}

void EtcdAnnouncement::servers_up(bool anew) {
  if (withdrawing_ || (!anew && timer_.armed())) return;
  request_.reset();
  servers_.loop().arm(timer_, 0);
}

void EtcdAnnouncement::servers_down(const std::string&) {
  if (withdrawing_) return;
  request_.reset();
  timer_.cancel();
  stands_ = false;  // the lease may outlive the outage: it is asked for when that is over
}

void EtcdAnnouncement::fire() {
  if (withdrawing_) {
    withdrawn();
  } else if (session_.ready() && !request_) {
    keep_alive();
  }
}

void EtcdAnnouncement::ask(const char* path, std::string body, Then then) {
  request_ = servers_.ask(session_.query(path, std::move(body)), [this, then](const io::HttpAnswer& answer) {
    request_.reset();
    (this->*then)(answer);
  });
}

void EtcdAnnouncement::keep_alive() {
  if (lease_.empty()) {
    ask("/v3/lease/grant", Json{{"TTL", std::to_string(ttl_)}}.dump(), &EtcdAnnouncement::granted);
  } else {
    ask("/v3/lease/keepalive", Json{{"ID", lease_}}.dump(), &EtcdAnnouncement::kept_alive);
  }
}

void EtcdAnnouncement::granted(const io::HttpAnswer& answer) {
  const auto lease = answer.status == 200 ? parse_etcd_number(answer.body, "ID") : std::nullopt;
  if (!lease || *lease == 0) {
    went_wrong(answer);
    return;
  }
  lease_ = std::to_string(*lease);
  const Json body = {{"key", base64(key_)}, {"value", base64(value_)}, {"lease", lease_}};
  ask("/v3/kv/put", body.dump(), &EtcdAnnouncement::put);
}

void EtcdAnnouncement::put(const io::HttpAnswer& answer) {
  if (answer.status != 200) {
    lease_.clear();  // it vanishes by itself
    went_wrong(answer);
    return;
  }
  stands_ = true;
  log_.settle("refused");
  backoff_.worked(servers_.loop().now());
  servers_.loop().arm(timer_, ttl_ * kNanosPerSecond / 3);
}

void EtcdAnnouncement::kept_alive(const io::HttpAnswer& answer) {
  if (answer.status != 200) {
    went_wrong(answer);
    return;
  }
  if (parse_etcd_number(answer.body, "TTL").value_or(0) == 0) {  // left out when it is 0: the lease is gone
    stands_ = false;
    lease_.clear();
    keep_alive();
    return;
  }
  stands_ = true;
  servers_.loop().arm(timer_, ttl_ * kNanosPerSecond / 3);
}

void EtcdAnnouncement::went_wrong(const io::HttpAnswer& answer) {
  stands_ = false;
  if (session_.login_is_void(answer)) return;  // servers_up() follows
  if (answer.status != 0) {
    const std::string why = trouble_of(answer);
    log_.say("refused", "etcd: can't announce " + key_ + ": " + why);
  }
  if (answer.status >= 500) servers_.suspect();
  servers_.loop().arm(timer_, backoff_.failed(servers_.loop().now(), servers_.random()));
}

void EtcdAnnouncement::withdraw(std::function<void()> done) {
  servers_.loop().assert_here();
  withdrawing_ = true;
  stands_ = false;
  done_ = std::move(done);
  request_.reset();
  servers_.loop().arm(timer_, lease_.empty() ? 0 : kMostToWithdraw);
  if (lease_.empty()) return;
  request_ = servers_.ask(session_.query("/v3/lease/revoke", Json{{"ID", lease_}}.dump()),
                          [this](const io::HttpAnswer&) { withdrawn(); });
}

void EtcdAnnouncement::withdrawn() {
  timer_.cancel();  // and not the request: it may still get through
  if (const auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace penstock::discovery
