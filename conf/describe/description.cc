#include "conf/describe/description.h"

#include <algorithm>
#include <cctype>

#include "conf/describe/collection_shapes.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/http_text.h"
#include "conf/log_level.h"
#include "conf/registry_text.h"

namespace penstock::conf {
namespace {

ShapeOf<ForwardedHeaders> forwarded_headers_shape() {
  auto section = std::make_shared<Section<ForwardedHeaders>>();
  section->key("x_forwarded", &ForwardedHeaders::x_forwarded, truth(),
               "Send X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host to upstreams.");
  section->key("forwarded", &ForwardedHeaders::forwarded, truth(),
               "Send the Forwarded field of RFC 7239 to upstreams.");
  return section;
}

ShapeOf<Admin> admin_shape() {
  auto section = std::make_shared<Section<Admin>>();
  section->key("bind", &Admin::bind, address(AddressUse::listen),
               "Where the admin server listens. Beyond loopback addresses and Unix sockets it needs token, or tls with "
               "client_ca.");
  section->key("token", &Admin::token, secret(0), "What clients must show: Authorization: Bearer TOKEN.");
  section->key("tls", &Admin::tls, optional(listener_tls_shape()),
               "Encrypts. Whoever shows a certificate of client_ca needs no token.");
  return short_form(&Admin::bind, address(AddressUse::listen), ShapeOf<Admin>(section));
}

Parsed<std::string> read_log_path(std::string_view text) {
  if (text.empty()) return Failure{"must be stdout, stderr or the path of a file"};
  if (text.find('\0') != std::string_view::npos) return Failure{"holds a NUL"};
  return std::string(text);
}

Parsed<std::string> read_state_dir(std::string_view text) {
  if (!text.starts_with('/')) return Failure{"must be an absolute path, is " + in_quotes(text)};
  return read_file_path(text);
}

ShapeOf<AccessLog> access_log_shape() {
  const auto path = text_like("^.+$", read_log_path);
  auto section = std::make_shared<Section<AccessLog>>();
  section->key("path", &AccessLog::path, path, "stdout, stderr or the path of a file.", Need::required);
  section->key("format", &AccessLog::format,
               choice<LogFormat>({{"json", LogFormat::json}, {"combined", LogFormat::combined}}),
               "One JSON object a line, or the combined format of Apache and nginx.");
  return short_form(&AccessLog::path, path, ShapeOf<AccessLog>(section));
}

ShapeOf<Draft> log_shape() {
  const auto level = choice(kLogLevels);
  auto section = std::make_shared<Section<Draft>>();
  section->key("level", &Draft::log_level, level, "The least important messages that are still written.");
  return short_form(&Draft::log_level, level, ShapeOf<Draft>(section));
}

/// Fields that say how a message is to be read can say nothing else, for they may be taken off a request.
Parsed<std::string> read_priority_header(std::string_view text) {
  auto name = read_field_name(text);
  for (const char* taken : {"host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "expect"}) {
    if (name && *name == taken) return Failure{"can't be " + in_quotes(text)};
  }
  return name;
}

ShapeOf<std::string> priority_header_shape() {
  using Written = std::optional<std::string>;  // nullopt = off
  return converted<std::string, Written>(
      or_word("off", text_like(kTokenPattern, read_priority_header)),
      [](Written name) { return std::move(name).value_or(""); },
      [](const std::string& name) { return name.empty() ? Written() : Written(name); });
}

/// A field is a member.
using RateLimitField = bool RateLimitHeaders::*;
constexpr Word<RateLimitField> kRateLimitFields[] = {{"draft", &RateLimitHeaders::draft},
                                                     {"x_ratelimit", &RateLimitHeaders::x_ratelimit}};

ShapeOf<RateLimitHeaders> rate_limit_headers_shape() {
  using Written = std::optional<std::vector<RateLimitField>>;  // nullopt = off
  const auto word = [](const RateLimitField& field) { return std::string(word_for(kRateLimitFields, field)); };
  const auto from = [](const Written& fields) {
    RateLimitHeaders headers{false, false};
    for (const RateLimitField field : fields.value_or(Written::value_type())) headers.*field = true;
    return headers;
  };
  const auto to = [](const RateLimitHeaders& headers) {
    Written fields;
    for (const auto& [name, field] : kRateLimitFields) {
      if (headers.*field) (fields ? *fields : fields.emplace()).push_back(field);
    }
    return fields;
  };
  return converted<RateLimitHeaders, Written>(or_word("off", list<RateLimitField>(choice(kRateLimitFields), 1, word)),
                                              from, to);
}

bool is_account_name(std::string_view text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 64 && (std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_') &&
         std::all_of(text.begin(), text.end(), fits);
}

Parsed<std::string> read_user(std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool group_fits = colon == text.npos || is_account_name(text.substr(colon + 1));
  if (!is_account_name(text.substr(0, colon)) || !group_fits)
    return Failure{"must be NAME or NAME:GROUP, is " + in_quotes(text)};
  return std::string(text);
}

ShapeOf<Draft> make_file_shape() {
  const auto listen_address = [](const Listener& listener) {
    return listener.bind.port == 0 && !listener.bind.is_unix() ? "" : listener.bind.text();
  };

  auto file = std::make_shared<Section<Draft>>();
  file->key("workers", &Draft::workers, or_word("auto", number<unsigned>(1, 1024)),
            "Event loops, each on a thread of its own; auto is one per usable core.");
  file->key("listeners", &Draft::listeners, list<Listener>(listener_shape(), 1, listen_address),
            "Where clients connect.", Need::required);
  file->key("trusted_proxies", &Draft::trusted_proxies, networks_shape(0),
            "Addresses and networks of proxies whose X-Forwarded-* fields and X-Request-Id are believed.");
  file->key("forwarded_headers", &Draft::forwarded_headers, forwarded_headers_shape(),
            "Which fields tell upstreams about the client.");
  file->key(
      "admin", &Draft::admin, placed(or_word("off", admin_shape())),
      "The admin server: metrics, health, what is in force, and what can be asked of it; its page / lists all. On "
      "127.0.0.1:9901 unless set; or off.");
  file->key("access_log", &Draft::access_log, or_word("off", access_log_shape()), "One line for each request; or off.");
  file->part("log", log_shape(), "The process log, on stderr.");
  file->key("drain_grace", &Draft::drain_grace, or_word("off", duration()),
            "How long /readyz says 503 after the TERM signal, before anything else changes: load balancers notice; or "
            "off.");
  file->key("drain_timeout", &Draft::drain_timeout, duration(),
            "How long requests in flight may take to end after that.");
  file->key("old_config_timeout", &Draft::old_config_timeout, duration(),
            "How long requests and tunnels may go on that began under an earlier configuration; then they are cut.");
  file->key("user", &Draft::user, text_like("^[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?$", read_user),
            "NAME or NAME:GROUP: who to be once everything is opened, if started as root.");
  file->key("rate_limit_headers", &Draft::rate_limit_headers, rate_limit_headers_shape(),
            "Which fields tell clients of rate limits: RateLimit and RateLimit-Policy (draft), X-RateLimit-* "
            "(x_ratelimit), or both; or off. [draft] unless set.");
  file->key("priority_header", &Draft::priority_header, priority_header_shape(),
            "A header field with a request's class (critical, default, sheddable, background), believed from "
            "trusted_proxies alone and taken off other requests; or off.");
  file->key("zone", &Draft::zone, name_shape(),
            "The zone that this gateway is in: of each upstream, endpoints of the same zone are preferred.");
  file->key("state_dir", &Draft::state_dir, text_like("^/.*$", read_state_dir),
            "A directory for what is kept over restarts: the endpoints that registries told last. Left out: "
            "systemd's STATE_DIRECTORY, or else nothing is kept.");
  file->key("registries", &Draft::registries, named(&Registry::name, name_shape(), registry_shape()),
            "Where endpoints come from, by name.");
  file->key("announce", &Draft::announce, list<Placed<Announce>>(placed(announce_shape()), 0, nullptr, 16),
            "Where this gateway makes itself known.");
  file->key("upstreams", &Draft::upstreams, named(&DraftUpstream::name, name_shape(), upstream_shape()),
            "Groups of endpoints that serve the same work, by name.");
  file->key("routes", &Draft::routes, list<Placed<DraftRoute>>(placed(route_shape()), 1),
            "What is done with requests. The most specific match wins, whatever the order.", Need::required);
  return file;
}

}  // namespace

const Shape<Draft>& file_shape() {
  static const ShapeOf<Draft> shape = make_file_shape();
  return *shape;
}

}  // namespace penstock::conf
