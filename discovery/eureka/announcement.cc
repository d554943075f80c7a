#include "discovery/eureka/announcement.h"

#include <utility>

#include "discovery/eureka/payload.h"
#include "discovery/http_trouble.h"
#include "gateway/base/nanos.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

constexpr int kNotFound = 404;
constexpr Nanos kLongestAnswer = 2 * kNanosPerSecond;
constexpr Nanos kLongestWithdrawal = kNanosPerSecond;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

EurekaAnnouncement::EurekaAnnouncement(const RegistryParts& parts, const conf::Eureka& config, io::HttpClient& http,
                                       conf::Announce what)
    : parts_(parts),
      what_(std::move(what)),
      ttl_(nanos(what_.ttl)),
      http_(http),
      random_(parts.seed),
      log_(parts.log),
      urls_(config.urls) {
  urls_.begin();
  parts_.loop.arm(next_, 0);
}

bool EurekaAnnouncement::stands() const {
  return registered_ && parts_.loop.now() - renewed_at_ < ttl_;
}

io::HttpQuery EurekaAnnouncement::query(const char* method, const std::string& path) const {
  io::HttpQuery query;
  query.method = method;
  query.url = urls_.url() + "/" + path;
  query.fields = {{"Accept", "application/json"}};
  query.connect_timeout = kNanosPerSecond;
  query.timeout = kLongestAnswer;
  return query;
}

void EurekaAnnouncement::step() {
  if (withdrawn_) return withdrawn();  // the second is over
  io::HttpQuery asks =
      query(registered_ ? "PUT" : "POST", registered_ ? eureka_instance_path(what_) : eureka_app_path(what_));
  if (!registered_) {
    asks.fields.emplace_back("Content-Type", "application/json");
    asks.body = eureka_registration(what_, parts_.loop.unix_ms());
  }
  request_ = http_.fetch(asks, [this](const io::HttpAnswer& answer) { answered(answer); });
}

void EurekaAnnouncement::answered(const io::HttpAnswer& answer) {
  request_.reset();
  if (registered_ && answer.status == kNotFound) {
    registered_ = false;
    return step();
  }
  if (!is_success(answer.status)) {
    return failed(trouble_of(answer));
  }
  const Nanos now = parts_.loop.now();
  registered_ = true;
  log_.settle("failed");
  renewed_at_ = now;
  backoff_.worked(now);
  urls_.begin();
  parts_.loop.arm(next_, ttl_ / 3);
}

void EurekaAnnouncement::failed(const std::string& why) {
  const std::string told = what_.service + " cannot be announced: " + urls_.url() + ": " + why;
  if (urls_.next()) return step();
  urls_.begin();
  log_.say("failed", told);
  parts_.loop.arm(next_, backoff_.failed(parts_.loop.now(), random_.next()));
}

void EurekaAnnouncement::withdraw(std::function<void()> done) {
  parts_.loop.assert_here();
  withdrawn_ = std::move(done);
  parts_.loop.arm(next_, kLongestWithdrawal);
  urls_.begin();
  take_out();
}

void EurekaAnnouncement::take_out() {
  request_ = http_.fetch(query("DELETE", eureka_instance_path(what_)), [this](const io::HttpAnswer& answer) {
    request_.reset();
    const bool gone = is_success(answer.status) || answer.status == kNotFound;
    if (gone || !urls_.next()) return withdrawn();
    take_out();
  });
}

void EurekaAnnouncement::withdrawn() {
  registered_ = false;
  next_.cancel();
  request_.reset();
  const auto done = std::exchange(withdrawn_, nullptr);  // the call may free this
  if (done) done();
}

}  // namespace penstock::discovery
