#include "discovery/etcd/reader.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "discovery/base64.h"
#include "discovery/http_trouble.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

Json range_of(const std::string& key, const std::string& end) {
  Json range = {{"key", base64(key)}};
  if (!end.empty()) range["range_end"] = base64(end);
  return range;
}

}  // namespace

EtcdReader::EtcdReader(EtcdSession& session, std::string key, std::string range_end,
                       std::function<void(const std::string&)> log_to)
    : PacedReader(session, session.servers()),
      log(std::move(log_to)),
      session_(session),
      key_(std::move(key)),
      range_end_(std::move(range_end)) {}

void EtcdReader::ask() {
  Json range = range_of(key_, range_end_);
  range["limit"] = kMostInstances;
  request = servers.ask(session_.query("/v3/kv/range", range.dump()), [this](const io::HttpAnswer& answer) {
    request.reset();
    answered(answer);
  });
}

void EtcdReader::answered(const io::HttpAnswer& answer) {
  if (answer.status != 200) {
    refused(answer);
    return;
  }
  std::string why;
  auto range = parse_etcd_range(answer.body, why);
  if (range) {
    revision_ = range->revision;
    reset(std::move(*range));
    why = wrong();
  }
  if (!why.empty()) {
    failed(answer, why);
    return;
  }
  worked();
  log.settle("refused");
  follow();
  tell();
}

void EtcdReader::refused(const io::HttpAnswer& answer) {
  if (session_.login_is_void(answer)) {
    read_anew();
    return;
  }
  if (answer.status >= 500) servers.suspect();
  const std::string error = parse_etcd_error(answer.body);
  const std::string why = error.empty() ? trouble_of(answer) : "status " + std::to_string(answer.status) + ": " + error;
  if (answer.status == 401 || answer.status == 403) log.say("refused", "etcd: may not read " + key_ + ": " + why);
  failed(answer, why);
}

void EtcdReader::follow() {
  Json create = range_of(key_, range_end_);
  create["start_revision"] = std::to_string(revision_ + 1);
  create["progress_notify"] = true;
  io::HttpQuery query = session_.query("/v3/watch", Json{{"create_request", std::move(create)}}.dump());
  query.timeout = 0;
  splitter_ = JsonSplitter(kMostAnswerBytes);
  trouble_.clear();
  ended_.clear();
  go_on(kSilence);
  request = servers.ask(
      std::move(query),
      [this](const io::HttpAnswer& answer) {
        request.reset();
        if (answer.status == 200) {
          servers.suspect();
          read_anew();
        } else {
          refused(answer);
        }
      },
      [this](std::string_view piece) { streamed(piece); });
}

void EtcdReader::streamed(std::string_view piece) {
  const bool whole = splitter_.add(piece, [this](std::string_view object) { take(object); });
  if (!whole && trouble_.empty()) trouble_ = "the stream is no JSON";
  if (trouble_.empty()) trouble_ = wrong();
  if (!trouble_.empty()) {
    failed({.status = 200}, std::exchange(trouble_, {}));
  } else if (!ended_.empty()) {
    log.say("ended", "etcd: the watch of " + key_ + " was ended: " + ended_);
    read_anew();
  } else {
    go_on(kSilence);
    tell();
  }
}

void EtcdReader::take(std::string_view object) {
  if (!trouble_.empty()) return;
  auto news = parse_etcd_news(object, trouble_);
  if (!news) return;
  for (EtcdEvent& event : news->events) apply(std::move(event));
  if (news->ended) ended_ = news->why.empty() ? "no reason given" : news->why;
}

}  // namespace penstock::discovery
