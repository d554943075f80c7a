#include "discovery/etcd/answers.h"

#include <nlohmann/json.hpp>

#include "discovery/base64.h"
#include "discovery/json_members.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

std::optional<EtcdPair> read_pair(const Json& kv) {
  const auto key = from_base64(text_of(member(kv, "key")).value_or("?"));
  const Json* value = member(kv, "value");  // left out when it is empty
  const auto bytes = value ? from_base64(text_of(value).value_or("?")) : std::string();
  if (!key || !bytes) return std::nullopt;
  return EtcdPair{*key, *bytes, number_of(member(kv, "mod_revision")).value_or(0)};
}

bool read_event(const Json& event, EtcdEvent& out) {
  const auto type = text_of(member(event, "type")).value_or("PUT");  // the first of an enum is left out
  out.deleted = type == "DELETE";
  const Json* kv = member(event, "kv");
  if (!kv || (!out.deleted && type != "PUT")) return false;
  auto pair = read_pair(*kv);
  if (!pair) return false;
  out.pair = std::move(*pair);
  return true;
}

std::string error_text(const Json& error) {
  if (const auto text = text_of(&error)) return *text;
  return text_of(member(error, "message")).value_or("an error without a message");
}

bool is_true(const Json* value) {
  return value && value->is_boolean() && *value->get_ptr<const bool*>();
}

}  // namespace

std::optional<EtcdRange> parse_etcd_range(std::string_view body, std::string& why) {
  const auto json = parse_json<Json>(body);
  const Json* header = json ? member(*json, "header") : nullptr;
  const auto revision = header ? number_of(member(*header, "revision")) : std::nullopt;
  if (!revision) {
    why = json ? "the answer has no revision" : "the answer is no JSON";
    return std::nullopt;
  }
  EtcdRange range;
  range.revision = *revision;
  const Json* kvs = member(*json, "kvs");  // left out when there are none
  if (kvs && !kvs->is_array()) return why = "kvs is no list", std::nullopt;
  if (is_true(member(*json, "more")) || (kvs && kvs->size() > kMostInstances)) {
    return why = "there are more than " + std::to_string(kMostInstances) + " keys", std::nullopt;
  }
  if (!kvs) return range;
  for (const Json& kv : *kvs) {
    auto pair = read_pair(kv);
    if (!pair) return why = "a key or a value is no base64", std::nullopt;
    range.pairs.push_back(std::move(*pair));
  }
  return range;
}

std::optional<EtcdNews> parse_etcd_news(std::string_view object, std::string& why) {
  const auto json = parse_json<Json>(object);
  if (!json) return why = "the stream is no JSON", std::nullopt;
  EtcdNews news;
  if (const Json* error = member(*json, "error")) {
    news.ended = true;
    news.why = error_text(*error);
    return news;
  }
  const Json* result = member(*json, "result");
  if (!result || !result->is_object()) return why = "the stream has neither result nor error", std::nullopt;
  if (is_true(member(*result, "canceled"))) {
    news.ended = true;
    const auto compacted = number_of(member(*result, "compact_revision"));
    news.why = text_of(member(*result, "cancel_reason"))
                   .value_or(compacted ? "compacted at revision " + std::to_string(*compacted) : "no reason given");
  }
  const Json* events = member(*result, "events");
  if (!events) return news;
  if (!events->is_array()) return why = "events is no list", std::nullopt;
  for (const Json& event : *events) {
    if (!read_event(event, news.events.emplace_back())) return why = "an event makes no sense", std::nullopt;
  }
  return news;
}

std::string parse_etcd_error(std::string_view body) {
  const auto json = parse_json<Json>(body);
  if (!json) return "";
  if (const auto message = text_of(member(*json, "message"))) return *message;
  const Json* error = member(*json, "error");
  return error ? error_text(*error) : "";
}

std::optional<std::string> parse_etcd_text(std::string_view body, const char* name) {
  const auto json = parse_json<Json>(body);
  return json ? text_of(member(*json, name)) : std::nullopt;
}

std::optional<std::uint64_t> parse_etcd_number(std::string_view body, const char* name) {
  const auto json = parse_json<Json>(body);
  if (!json) return std::nullopt;
  // An answer in a stream is wrapped.
  const Json* result = member(*json, "result");
  return number_of(member(result ? *result : *json, name));
}

std::string etcd_range_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');  // to the end of all keys
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace penstock::discovery
