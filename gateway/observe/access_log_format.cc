#include "gateway/observe/access_log_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

#include "gateway/base/hex.h"
#include "gateway/base/json_writer.h"
#include "gateway/base/number_text.h"
#include "gateway/base/timestamp.h"
#include "gateway/observe/redact.h"

namespace penstock::observe {
namespace {

/// 12345 µs → 12.345
std::string milliseconds(std::uint64_t us) {
  std::string text;
  append_number(text, us / 1000);
  text += '.';
  append_number(text, us % 1000, 3);
  return text;
}

/// Printable ASCII as it is, but for the quote and the backslash; all else as \xHH, so that splitting a line at its
/// quotes and spaces always gives the same fields. "-" stands for nothing.
void append_apache(std::string& out, std::string_view text, bool quoted = true) {
  const char first_plain = quoted ? ' ' : '!';
  const auto plain = [&](char c) { return c >= first_plain && c < 0x7f && c != '"' && c != '\\'; };
  if (text.empty()) out += '-';
  while (!text.empty()) {
    const auto run = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
    out += text.substr(0, run);
    if (run == text.size()) return;
    append_hex(out += "\\x", text[run], kUpperHex);
    text.remove_prefix(run + 1);
  }
}

}  // namespace

void AccessLogFormatter::append(std::string& out, const AccessRecord& record) {
  if (format_ == AccessLogFormat::json) {
    append_json(out, record);
  } else {
    append_combined(out, record);
  }
  out += '\n';
}

void AccessLogFormatter::append_json(std::string& out, const AccessRecord& record) {
  std::string time;
  append_rfc3339(time, record.time_unix_ms);
  JsonWriter json(out);
  json.begin_object();
  json.key("ts").string(time);
  json.key("request_id").string(record.request_id);
  json.key("client_ip").string(record.client_ip);
  json.key("method").string(record.method);
  json.key("host").string(record.host);
  json.key("path").string(redact_url(record.target, target_));
  json.key("protocol").string(name(record.version));
  if (!record.tls.empty()) json.key("tls").string(record.tls);
  json.key("route").string(record.route);
  json.key("status").number(record.status);
  json.key("bytes_in").number(record.bytes_in);
  json.key("bytes_out").number(record.bytes_out);
  json.key("duration_ms").raw(milliseconds(record.duration_us));
  json.key("upstream").string(record.upstream);
  json.key("peer").string(record.peer);
  json.key("tries").number(record.tries);
  json.key("upstream_connect_ms").raw(milliseconds(record.upstream_connect_us));
  json.key("upstream_first_byte_ms").raw(milliseconds(record.upstream_first_byte_us));
  json.key("flag").string(flag(record.error));
  if (record.error != ErrorKind::none) json.key("error").string(name(record.error));
  if (record.degraded != ErrorKind::none) json.key("degraded").string(name(record.degraded));
  json.key("user_agent").string(record.user_agent);
  json.key("referer").string(redact_url(record.referer, referer_));
  json.end_object();
}

// Apache's "combined": %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"
void AccessLogFormatter::append_combined(std::string& out, const AccessRecord& record) {
  append_apache(out, record.client_ip, false);
  out += " - - ";
  append_apache_time(out, record.time_unix_ms);
  out += " \"";
  append_apache(out, record.method, false);
  out += ' ';
  append_apache(out, redact_url(record.target, target_), false);
  out += ' ';
  out += name(record.version);
  out += "\" ";
  append_number(out, static_cast<std::uint64_t>(record.status), 3);
  out += ' ';
  if (record.bytes_out == 0) {
    out += '-';
  } else {
    append_number(out, record.bytes_out);
  }
  out += " \"";
  append_apache(out, redact_url(record.referer, referer_));
  out += "\" \"";
  append_apache(out, record.user_agent);
  out += '"';
}

}  // namespace penstock::observe
