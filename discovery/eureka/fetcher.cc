#include "discovery/eureka/fetcher.h"

#include <optional>
#include <utility>

#include "discovery/http_trouble.h"
#include "gateway/base/nanos.h"
#include "gateway/io/background.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

constexpr int kOk = 200;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
/// A whole registry may be tens of megabytes; a server that has nothing to say has stopped.
constexpr Nanos kLongestAnswer = 30 * kNanosPerSecond;
constexpr Nanos kLongestSilence = 3 * kNanosPerSecond;

}  // namespace

struct EurekaFetcher::Reading {
  std::optional<EurekaAnswer> answer;
};

EurekaFetcher::EurekaFetcher(const RegistryParts& parts, const conf::Eureka& config, io::HttpClient& http, News news)
    : parts_(parts),
      interval_(nanos(config.interval)),
      http_(http),
      news_(std::move(news)),
      random_(parts.seed),
      log_(parts.log),
      keeper_(parts.loop.now()),
      urls_(config.urls) {
  ask_in(0);
}

RegistryStatus EurekaFetcher::status() const {
  RegistryStatus status = keeper_.status();
  status.server = urls_.url();
  return status;
}

void EurekaFetcher::read_again() {
  parts_.loop.assert_here();
  again_ = true;
  if (!busy_) ask_in(0);
}

void EurekaFetcher::ask_in(Nanos wanted) {
  parts_.loop.arm(next_, pace_.wait(parts_.loop.now(), wanted));
}

void EurekaFetcher::begin_round() {
  busy_ = true;
  asked_for_ = std::exchange(again_, false);
  pace_.asked(parts_.loop.now());
  urls_.begin();
  ask(!has_all_);
}

void EurekaFetcher::ask(bool everything) {
  asked_for_all_ = everything;
  keeper_.asked();
  io::HttpQuery query;
  query.url = urls_.url() + (everything ? "/apps" : "/apps/delta");
  query.fields = {{"Accept", "application/json"}};
  query.connect_timeout = kNanosPerSecond;
  query.timeout = kLongestAnswer;
  query.silence_timeout = kLongestSilence;
  query.max_bytes = kMostAnswerBytes;
  request_ = http_.fetch(query, [this](io::HttpAnswer answer) { answered(std::move(answer)); });
}

/// A whole registry takes tenths of a second to take apart: that is done off the loop.
void EurekaFetcher::answered(io::HttpAnswer answer) {
  request_.reset();
  // Deltas are turned off there: Netflix' server (`disable-delta`) says 403.
  const bool has_no_deltas = answer.status == kForbidden || answer.status == kNotFound;
  if (has_no_deltas && !asked_for_all_) return ask(true);
  if (answer.status != kOk) {
    return server_failed(trouble_of(answer));
  }
  auto reading = std::make_shared<Reading>();
  io::in_background(
      parts_.loop, [reading, text = std::move(answer.body)] { reading->answer = parse_eureka(text); },
      alive_.guard([this, reading] { taken_apart(std::move(*reading)); }));
}

void EurekaFetcher::taken_apart(Reading reading) {
  if (!reading.answer) {
    if (asked_for_all_) return server_failed("the answer is not Eureka's JSON");
    return ask(true);
  }
  const std::string& odd = reading.answer->odd;
  if (!odd.empty()) log_.say(odd, "an instance is left out: " + odd);
  if (asked_for_all_) {
    take_all(std::move(*reading.answer));
  } else {
    take_delta(std::move(*reading.answer));
  }
}

/// A server that has just been started has nothing to tell until its clients have registered again: nothing is
/// believed only if no other server says otherwise.
void EurekaFetcher::take_all(EurekaAnswer full) {
  if (full.instances.empty() && !apps_.empty() && urls_.next()) return ask(true);
  apps_.replace(std::move(full));
  finish();
}

void EurekaFetcher::take_delta(EurekaAnswer delta) {
  const std::optional<std::string> expected = delta.hash;
  apps_.apply(std::move(delta));
  if (expected && apps_.hash() != *expected) {
    has_all_ = false;
    return ask(true);
  }
  finish();
}

void EurekaFetcher::server_failed(const std::string& why) {
  has_all_ = false;
  const std::string told = urls_.url() + ": " + why;
  if (urls_.next()) return ask(true);
  busy_ = false;
  const Nanos now = parts_.loop.now();
  keeper_.failed(now, told);
  ask_in(again_ ? 0 : backoff_.failed(now, random_.next()));
  news_.failed(told, true);
}

void EurekaFetcher::finish() {
  busy_ = false;
  has_all_ = true;
  const Nanos now = parts_.loop.now();
  keeper_.answered(now);
  backoff_.worked(now);
  // A little less than the interval, so that gateways drift apart.
  ask_in(again_ ? 0 : interval_ / 10 * 9 + random_.next() % (interval_ / 10 + 1));
  news_.was_read(asked_for_);
}

}  // namespace penstock::discovery
