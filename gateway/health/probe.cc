#include "gateway/health/probe.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "gateway/base/nanos.h"
#include "gateway/io/loop.h"
#include "gateway/io/own_want.h"
#include "gateway/io/tls/session.h"

namespace penstock::health {
namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

ProbeTarget checked_target(const conf::HealthCheck& how, ProbeTarget target) {
  if (how.port) target.address = target.address.with_port(*how.port);
  return target;
}

}  // namespace

Probe::Probe(io::Loop& loop, const conf::HealthCheck& how, ProbeTarget target, Done done)
    : loop_(loop),
      how_(how),
      target_(checked_target(how, std::move(target))),
      done_(std::move(done)),
      timeout_(Deadline::of<&Probe::timed_out>(this)),
      again_(Deadline::of<&Probe::try_again>(this)) {}

void Probe::try_again() {
  if (!start()) loop_.arm(again_, kNanosPerSecond);
}

bool Probe::start() {
  loop_.assert_here();
  stream_ = io::Stream::connect(loop_, target_.address, *this);
  if (!stream_) return false;
  if (target_.tls.context) {
    // A handshake from the beginning each time: a session that is resumed shows no certificate.
    stream_->secure(target_.tls.context, target_.tls.name, nullptr, target_.proxy_header);
  } else {
    stream_->write(target_.proxy_header);
  }
  loop_.arm(timeout_, nanos(how_.timeout));
  return true;
}

void Probe::on_connected() {
  if (how_.path.empty()) {
    finish(true, {});
    return;
  }
  parser_ = std::make_unique<http::H1ResponseParser>();
  parser_->expect_answer_to(http::Method::get);
  stream_->write(request());
}

std::string Probe::request() const {
  const std::string own = target_.address.family() == AF_UNIX ? "localhost" : target_.address.text();
  return "GET " + how_.path + " HTTP/1.1\r\nHost: " + (how_.host.empty() ? own : how_.host) +
         "\r\nUser-Agent: penstock-health-check\r\nConnection: close\r\n\r\n";
}

void Probe::on_bytes(std::string_view bytes) {
  using Event = http::H1Parser::Event;
  if (!parser_) return;
  while (true) {
    switch (parser_->next(bytes)) {
      case Event::need_more:
        return;
      case Event::head:
        if (const int status = parser_->head().status; status >= 200 || status == 101) {
          judge(status);
          return;
        }
        break;
      case Event::body:
      case Event::end:
        break;  // of an interim answer
      case Event::error:
        finish(false, std::string("not HTTP: ") + parser_->error().detail);
        return;
    }
  }
}

void Probe::judge(int status) {
  const bool good = std::any_of(how_.status.begin(), how_.status.end(), [&](const conf::StatusRange& range) {
    return range.first <= status && status <= range.last;
  });
  finish(good, good ? std::string() : "status " + std::to_string(status));
}

void Probe::on_eof() {
  finish(false, "closed without an answer");
}

void Probe::on_error(int error) {
  if (!parser_ && io::is_own_want(error, target_.address)) {
    start_again();
  } else if (error == EPROTO && stream_->tls()) {
    finish(false, "tls: " + stream_->tls()->error());
  } else {
    finish(false, (parser_ ? "no answer: " : "connect: ") + error_text(error));
  }
}

/// Nothing has been learned; there may be a port soon.
void Probe::start_again() {
  stream_.reset();
  timeout_.cancel();
  loop_.arm(again_, kNanosPerSecond);
}

void Probe::timed_out() {
  const std::string within = " within " + std::to_string(how_.timeout.count()) + " ms";
  finish(false, (parser_ ? "no answer" : "connect: no answer") + within);
}

void Probe::finish(bool passed, const std::string& why) {
  timeout_.cancel();
  again_.cancel();
  stream_.reset();
  parser_.reset();
  const Done done = done_;  // it may destroy us
  done(passed, why);
}

}  // namespace penstock::health
