#include "discovery/consul/query.h"

#include <algorithm>
#include <utility>

#include "discovery/http_trouble.h"
#include "gateway/base/number_text.h"
#include "gateway/base/percent.h"
#include "gateway/io/cpu_time.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

constexpr Nanos kAnswerTime = 10 * kNanosPerSecond;  ///< of a query that does not wait
/// From so many bytes on an answer is read in the background: it takes longer than a request.
constexpr std::size_t kLongAnswer = 64 << 10;
/// After a long answer the next one is asked for after so many times as long as it took to read, but soon enough.
constexpr Nanos kRest = 9;
constexpr Nanos kLongestRest = 2 * kNanosPerSecond;
/// A server that gives no index would be asked without end otherwise.
constexpr Nanos kWithoutIndex = 1500 * kNanosPerMilli;

std::optional<std::uint64_t> index_of(const io::HttpAnswer& answer) {
  return read_number(answer.get("x-consul-index"));
}

}  // namespace

io::HttpQuery consul_request(const ConsulManners& manners, std::string method, std::string path) {
  io::HttpQuery query;
  query.method = std::move(method);
  query.url = std::move(path);
  query.timeout = kAnswerTime;
  if (!manners.token.empty()) query.fields.emplace_back("X-Consul-Token", manners.token);
  return query;
}

ConsulQuery::ConsulQuery(HttpServers& s, ConsulManners manners, std::string path,
                         std::function<void(const std::string&)> log_to)
    : PacedReader(s, s), log(std::move(log_to)), manners_(std::move(manners)), path_(std::move(path)) {}

void ConsulQuery::ask() {
  std::string path = path_;
  const auto add = [&](const std::string& parameter) { path += (path.find('?') == path.npos ? '?' : '&') + parameter; };
  if (!manners_.datacenter.empty()) add("dc=" + percent_encoded(manners_.datacenter));
  if (manners_.stale) add("stale");
  if (index_ != 0) {
    add("index=" + std::to_string(index_));
    add("wait=" + std::to_string(manners_.wait / kNanosPerMilli) + "ms");
  }
  io::HttpQuery query = consul_request(manners_, "GET", std::move(path));
  if (index_ != 0) query.timeout = manners_.wait / 16 * 17 + 5 * kNanosPerSecond;
  request = servers.ask(std::move(query), [this](io::HttpAnswer answer) {
    request.reset();
    answered(std::move(answer));
  });
}

void ConsulQuery::answered(io::HttpAnswer answer) {
  constexpr int kNotFound = 404;
  if (answer.status != 200 && answer.status != kNotFound) {
    refused(answer);
    return;
  }
  const auto index = index_of(answer);
  if (!index) {
    failed(answer, "the answer (" + std::to_string(answer.status) + ") has no X-Consul-Index");
    return;
  }
  if (answer.body.size() >= kLongAnswer) {
    read_in_background(std::move(answer), *index);
  } else {
    take(answer, *index, reader()(answer, *index), 0);
  }
}

void ConsulQuery::read_in_background(io::HttpAnswer answer, std::uint64_t index) {
  struct Work {
    io::HttpAnswer answer;
    Take take;
    Nanos took = 0;
  };
  const auto work = std::make_shared<Work>(Work{std::move(answer), {}, 0});
  reading_ = std::make_unique<io::BackgroundJob>(
      servers.loop(),
      [work, read = reader(), index] {
        const Nanos began = io::thread_cpu_time();
        work->take = read(work->answer, index);
        work->took = io::thread_cpu_time() - began;
      },
      [this, work, index] {
        reading_.reset();
        take(work->answer, index, work->take, std::min(kRest * work->took, kLongestRest));
      });
}

void ConsulQuery::take(const io::HttpAnswer& answer, std::uint64_t index, const Take& what, Nanos rest) {
  if (const auto wrong = what()) {
    failed(answer, *wrong);
    return;
  }
  if (answer.get("x-consul-knownleader") == "false")
    servers.note("the servers know no leader; what they tell may be old");
  worked();
  log.settle("token");
  // Backwards: the servers' state is another one, so from the beginning. 0 would not wait: a bug, which is not to spin.
  const bool backwards = index < index_;
  index_ = backwards ? 0 : std::max<std::uint64_t>(index, 1);
  go_on(index == 0 ? std::max(kWithoutIndex, rest) : rest);
  tell();
}

void ConsulQuery::refused(const io::HttpAnswer& answer) {
  const std::string why = trouble_of(answer);
  if (answer.status == 401 || answer.status == 403)
    log.say("token", "consul: the token does not allow " + path_ + ": " + why);
  if (answer.status >= 500) servers.suspect();
  failed(answer, why);
}

}  // namespace penstock::discovery
