#include "discovery/paced_reader.h"

#include "discovery/log_once.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {

PacedReader::PacedReader(ServerSource& source, HttpServers& s)
    : servers(s), source_(source), timer_(Deadline::of<&PacedReader::try_ask>(this)) {
  source_.join(*this);
  servers.loop().arm(timer_, 0);
}

PacedReader::~PacedReader() {
  source_.leave(*this);
}

void PacedReader::read_anew() {
  servers.loop().assert_here();
  must_tell_ = true;
  request.reset();
  forget();
  go_on();
}

void PacedReader::servers_up(bool anew) {
  if (!anew && !parked_) return;
  read_anew();
}

void PacedReader::servers_down(const std::string& why) {
  must_tell_ = true;
  request.reset();
  forget();
  timer_.cancel();
  parked_ = true;
  tell_failed(why);
}

void PacedReader::go_on(Nanos least) {
  servers.loop().arm(timer_, pace_.wait(servers.loop().now(), least));
}

void PacedReader::try_ask() {
  parked_ = !source_.ready();
  if (parked_) return;
  if (pace_.wait(servers.loop().now()) > 0) {
    go_on();
    return;
  }
  pace_.asked(servers.loop().now());
  request.reset();
  ask();
}

void PacedReader::worked() {
  without_answer_ = 0;
  refusals_.worked(servers.loop().now());
  troubles_.worked(servers.loop().now());
}

void PacedReader::failed(const io::HttpAnswer& answer, const std::string& why) {
  must_tell_ = true;
  request.reset();
  forget();
  without_answer_ = answer.status == 0 ? without_answer_ + 1 : 0;
  Backoff& backoff = answer.status >= 400 && answer.status < 500 ? refusals_ : troubles_;
  go_on(backoff.failed(servers.loop().now(), servers.random()));
  if (without_answer_ != 1) tell_failed(one_line(why));
}

}  // namespace penstock::discovery
