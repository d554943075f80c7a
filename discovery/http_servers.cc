#include "discovery/http_servers.h"

#include <utility>

#include "discovery/http_trouble.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

/// Doubts that come faster than this are one doubt.
constexpr Nanos kCheckedLately = 200 * kNanosPerMilli;
/// Probes under way, for each server: one that hangs must not keep the next rounds from being made.
constexpr std::size_t kMostProbes = 8;

}  // namespace

HttpServers::HttpServers(const RegistryParts& parts, std::vector<std::string> urls, io::HttpTls tls, Probe probe)
    : loop_(parts.loop),
      urls_(std::move(urls)),
      probe_(std::move(probe)),
      random_(parts.seed),
      keeper_(parts.loop.now()),
      client_(parts.loop, std::move(tls)),
      timer_(Deadline::of<&HttpServers::timer_fired>(this)) {
  keeper_.uses(urls_[current_]);
}

void HttpServers::join(ServerListener& listener) {
  loop_.assert_here();
  listeners_.join(listener);
  if (!timer_.armed()) loop_.arm(timer_, kHeartbeat);
}

std::unique_ptr<io::HttpRequest> HttpServers::ask(io::HttpQuery query, io::HttpClient::Done done,
                                                  io::HttpClient::Piece piece) {
  loop_.assert_here();
  query.url = urls_[current_] + query.url;
  query.max_bytes = kMostAnswerBytes;
  keeper_.asked();
  return client_.fetch(
      query,
      [this, done = std::move(done)](io::HttpAnswer answer) {
        count(answer);
        if (answer.status == 0) suspect();
        done(std::move(answer));
      },
      std::move(piece));
}

void HttpServers::count(const io::HttpAnswer& answer) {
  constexpr int kNotFound = 404;  // an answer like others: there is no such key
  if (answer.status == 0) return keeper_.failed(loop_.now(), trouble_of(answer));
  keeper_.answered(loop_.now());
  if (answer.status >= 400 && answer.status != kNotFound) note(trouble_of(answer));
}

void HttpServers::note(const std::string& error) {
  loop_.assert_here();
  keeper_.refused(loop_.now(), error);
}

void HttpServers::suspect() {
  loop_.assert_here();
  if (seeking_ || check_ || (checked_ != 0 && loop_.now() - checked_ < kCheckedLately)) return;
  check();
}

std::unique_ptr<io::HttpRequest> HttpServers::probe(std::size_t server, Then then) {
  io::HttpQuery query = probe_.query;
  query.url = urls_[server] + query.url;
  query.timeout = kProbeTimeout;
  keeper_.asked();
  return client_.fetch(query, [this, then = std::move(then)](const io::HttpAnswer& answer) {
    const bool is_well = answer.status != 0 && probe_.is_well(answer);
    if (is_well) {
      keeper_.answered(loop_.now());
    } else if (answer.status == 0) {
      keeper_.failed(loop_.now(), trouble_of(answer));
    } else {
      note(trouble_of(answer));
    }
    then(is_well, trouble_of(answer));
  });
}

void HttpServers::check() {
  check_ = probe(current_, [this](bool is_well, const std::string& why) {
    check_.reset();
    if (!is_well) {
      seek(why);
      return;
    }
    checked_ = loop_.now();
    backoff_.worked(checked_);
    loop_.arm(timer_, kHeartbeat);
  });
}

void HttpServers::seek(const std::string& why) {
  seeking_ = true;
  told_down_ = false;
  not_well_.clear();
  round(false);
  was_not_well(current_, why);
}

void HttpServers::round(bool with_current) {
  loop_.arm(timer_, backoff_.failed(loop_.now(), random_()));
  for (std::size_t i = 0; i < urls_.size(); ++i) {
    if ((i == current_ && !with_current) || probes_.size() >= kMostProbes * urls_.size()) continue;
    const std::uint64_t id = next_probe_++;
    probes_[id] = probe(i, [this, i, id](bool is_well, const std::string& why) {
      probes_.erase(id);
      if (is_well) {
        use(i);
      } else {
        was_not_well(i, why);
      }
    });
  }
}

void HttpServers::was_not_well(std::size_t server, const std::string& why) {
  not_well_.insert(server);
  if (not_well_.size() < urls_.size() || std::exchange(told_down_, true)) return;
  listeners_.tell([&](ServerListener& listener) { listener.servers_down(why); });
}

void HttpServers::use(std::size_t server) {
  probes_.clear();
  seeking_ = false;
  current_ = server;
  keeper_.uses(urls_[current_]);
  checked_ = loop_.now();
  backoff_.worked(checked_);
  loop_.arm(timer_, kHeartbeat);
  listeners_.tell([](ServerListener& listener) { listener.servers_up(true); });
}

void HttpServers::timer_fired() {
  if (seeking_) {
    round(true);
  } else if (!check_ && !listeners_.empty()) {
    check();
  }
}

}  // namespace penstock::discovery
