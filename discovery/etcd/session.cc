#include "discovery/etcd/session.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "discovery/etcd/answers.h"
#include "discovery/http_trouble.h"
#include "discovery/paced_reader.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {

EtcdSession::EtcdSession(HttpServers& servers, std::optional<conf::Credentials> auth,
                         std::function<void(const std::string&)> log)
    : servers_(servers),
      auth_(std::move(auth)),
      log_(std::move(log)),
      timer_(Deadline::of<&EtcdSession::log_in>(this)) {
  servers_.join(*this);
  if (auth_) servers_.loop().arm(timer_, 0);
}

EtcdSession::~EtcdSession() {
  servers_.leave(*this);
}

io::HttpQuery EtcdSession::query(std::string path, std::string body) const {
  io::HttpQuery query;
  query.method = "POST";
  query.url = std::move(path);
  query.body = std::move(body);
  if (!token_.empty()) query.fields.emplace_back("Authorization", token_);
  return query;
}

bool EtcdSession::login_is_void(const io::HttpAnswer& answer) {
  servers_.loop().assert_here();
  if (!auth_) return false;
  // 401 is UNAUTHENTICATED; versions and gateways differ in what they make of it.
  const std::string error = answer.status >= 400 ? parse_etcd_error(answer.body) : "";
  const auto says = [&](const char* text) { return error.find(text) != error.npos; };
  const bool is_void =
      answer.status == 401 || says("invalid auth token") || says("user name is empty") || says("auth store is old");
  if (is_void && !request_ && !timer_.armed()) {
    token_.clear();
    servers_.loop().arm(timer_, 0);
  }
  return is_void;
}

void EtcdSession::servers_up(bool anew) {
  if (!auth_) {
    listeners_.tell([anew](ServerListener& listener) { listener.servers_up(anew); });
    return;
  }
  token_.clear();  // another server may not know it
  anew_ = anew_ || anew;
  request_.reset();
  log_in();
}

void EtcdSession::servers_down(const std::string& why) {
  request_.reset();
  timer_.cancel();
  listeners_.tell([&](ServerListener& listener) { listener.servers_down(why); });
}

void EtcdSession::log_in() {
  if (!servers_.ready() || request_) return;
  const nlohmann::json body = {{"name", auth_->user}, {"password", auth_->password}};
  io::HttpQuery login =
      query("/v3/auth/authenticate", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  login.fields.clear();
  request_ = servers_.ask(std::move(login), [this](const io::HttpAnswer& answer) {
    request_.reset();
    answered(answer);
  });
}

void EtcdSession::answered(const io::HttpAnswer& answer) {
  const auto token = answer.status == 200 ? parse_etcd_text(answer.body, "token") : std::nullopt;
  if (token && !token->empty()) {
    token_ = *token;
    log_.settle("refused");
    backoff_.worked(servers_.loop().now());
    const bool anew = std::exchange(anew_, false);
    listeners_.tell([anew](ServerListener& listener) { listener.servers_up(anew); });
    return;
  }
  if (answer.status >= 500) servers_.suspect();
  servers_.loop().arm(timer_, backoff_.failed(servers_.loop().now(), servers_.random()));
  if (answer.status == 0) return;
  const std::string why = "can't log in: " + (answer.status == 200 ? "the answer has no token" : trouble_of(answer));
  log_.say("refused", "etcd: " + why);
  listeners_.tell([&](ServerListener& listener) { listener.servers_down(why); });
}

}  // namespace penstock::discovery
