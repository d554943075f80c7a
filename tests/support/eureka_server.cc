#include "tests/support/eureka_server.h"

#include <algorithm>

namespace penstock::e2e {
namespace {

const std::string kContext = "/eureka/apps";
const std::string kNotFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const std::string kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";

std::string json_of(const std::string& app, const std::string& id, const EurekaEntry& entry,
                    const std::string& action) {
  const std::string kind = action.empty() ? "" : R"(,"actionType":")" + action + "\"";
  return R"({"instanceId":")" + id + R"(","app":")" + app + R"(","hostName":"host-)" + entry.ip + R"(","ipAddr":")" +
         entry.ip + R"(","status":")" + entry.status + R"(","overriddenStatus":"UNKNOWN","port":{"$":)" +
         std::to_string(entry.port) +
         R"(,"@enabled":"true"},"securePort":{"$":443,"@enabled":"false"},"countryId":1,)" + R"("metadata":)" +
         entry.metadata + kind + "}";
}

std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size();
    out += coded ? static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)) : text[i];
    if (coded) i += 2;
  }
  return out;
}

}  // namespace

EurekaServer::EurekaServer() {
  server_.on_request([this](Exchange& exchange) { serve(exchange); });
}

void EurekaServer::serve(Exchange& exchange) {
  const Message& request = exchange.request();
  const std::lock_guard lock(mutex_);
  requests_.push_back(request.method() + " " + request.target());
  const bool json = request.method() != "GET" || request["Accept"] == "application/json";
  if (!bytes_.empty()) {
    exchange.reply(bytes_);
    exchange.close();
  } else if (!json) {
    exchange.ok("<applications/>");  // what Eureka speaks unless it is asked for JSON
  } else {
    exchange.reply(answer(request.method(), request.target(), request.body));
  }
}

std::string EurekaServer::answer(const std::string& method, std::string path, const std::string& body) {
  if (!path.starts_with(kContext)) return kNotFound;
  path.erase(0, kContext.size());
  if (method == "GET" && path.empty()) return ok_response(whole());
  if (method == "GET" && path == "/delta") return no_deltas_.empty() ? ok_response(delta()) : no_deltas_;
  const std::size_t slash = path.find('/', 1);
  const std::string app = decoded(path.substr(1, slash == std::string::npos ? slash : slash - 1));
  if (method == "POST") {
    const std::string mark = R"("instanceId":")";
    const std::size_t begin = body.find(mark) + mark.size();
    const std::string id = body.substr(begin, body.find('"', begin) - begin);
    apps_[app][id].body = body;
    changes_.push_back({app, id, "ADDED", apps_[app][id]});
    return kNoContent;
  }
  const std::string id = slash == std::string::npos ? "" : decoded(path.substr(slash + 1));
  if (!apps_.contains(app) || !apps_[app].contains(id)) return kNotFound;
  if (method == "DELETE") {
    changes_.push_back({app, id, "DELETED", apps_[app][id]});
    apps_[app].erase(id);
  }
  return ok_response("");
}

std::string EurekaServer::hash() const {
  std::map<std::string, int> counts;
  for (const auto& [app, instances] : apps_) {
    for (const auto& [id, entry] : instances) ++counts[entry.status];
  }
  std::string hash;
  for (const auto& [status, count] : counts) hash += status + "_" + std::to_string(count) + "_";
  return hash;
}

std::string EurekaServer::list(const std::vector<std::string>& items) const {
  if (bare_ && items.size() == 1) return items[0];
  std::string list = "[";
  for (const std::string& item : items) list += (list.size() > 1 ? "," : "") + item;
  return list + "]";
}

std::string EurekaServer::applications(const std::map<std::string, std::vector<std::string>>& by_app) const {
  std::vector<std::string> all;
  for (const auto& [app, instances] : by_app) {
    all.push_back(R"({"name":")" + app + R"(","instance":)" + list(instances) + "}");
  }
  return R"({"applications":{"versions__delta":"1","apps__hashcode":")" + hash() + R"(","application":)" + list(all) +
         "}}";
}

std::string EurekaServer::whole() const {
  std::map<std::string, std::vector<std::string>> by_app;
  for (const auto& [app, instances] : apps_) {
    for (const auto& [id, entry] : instances) by_app[app].push_back(json_of(app, id, entry, ""));
  }
  return applications(by_app);
}

std::string EurekaServer::delta() const {
  std::map<std::string, std::vector<std::string>> by_app;
  for (const Change& change : changes_) {
    by_app[change.app].push_back(json_of(change.app, change.id, change.entry, change.action));
  }
  return applications(by_app);
}

void EurekaServer::put(const std::string& app, const std::string& id, const EurekaEntry& entry) {
  const std::lock_guard lock(mutex_);
  const bool is_new = apps_[app].insert_or_assign(id, entry).second;
  changes_.push_back({app, id, is_new ? "ADDED" : "MODIFIED", entry});
}

void EurekaServer::remove(const std::string& app, const std::string& id) {
  const std::lock_guard lock(mutex_);
  changes_.push_back({app, id, "DELETED", apps_[app][id]});
  apps_[app].erase(id);
}

bool EurekaServer::has(const std::string& app, const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return apps_.contains(app) && apps_.at(app).contains(id);
}

std::string EurekaServer::body_of(const std::string& app, const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return apps_.at(app).at(id).body;
}

void EurekaServer::forget_everybody() {
  const std::lock_guard lock(mutex_);
  apps_.clear();
  changes_.clear();
}

void EurekaServer::forget_changes() {
  const std::lock_guard lock(mutex_);
  changes_.clear();
}

void EurekaServer::turn_deltas_off(const std::string& status_line) {
  const std::lock_guard lock(mutex_);
  no_deltas_ = "HTTP/1.1 " + status_line + "\r\nContent-Length: 0\r\n\r\n";
}

void EurekaServer::write_single_items_bare() {
  const std::lock_guard lock(mutex_);
  bare_ = true;
}

void EurekaServer::misbehave(const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ = bytes;
}

std::vector<std::string> EurekaServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t EurekaServer::count(const std::string& request) const {
  const auto all = requests();
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), request));
}

}  // namespace penstock::e2e
