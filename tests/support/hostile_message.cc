// The gateway's own fields and chunk borders, taken out of what it has sent; what is not canonical is named.
#include <cstdio>
#include <cstdlib>

#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

std::string text(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields.list) out += name + ": " + value + "\r\n";
  return out;
}

/// Takes out the last field with this name and value; a reproach if there is none.
std::string take_out(Fields& fields, const std::string& name, const auto& is_ours) {
  for (auto field = fields.list.rbegin(); field != fields.list.rend(); ++field) {
    if (field->first != name || !is_ours(field->second)) continue;
    fields.list.erase(std::next(field).base());
    return "";
  }
  return "(no " + name + " of the gateway)";
}

std::string take_out(Fields& fields, const std::string& name, const char* value) {
  return take_out(fields, name, [&](const std::string& have) { return have == value; });
}

/// RFC 9112 §7.1 as the gateway writes it: lower-case size without zeros in front, no extensions.
bool are_canonical_chunks(std::string_view bytes) {
  while (true) {
    const std::size_t line = bytes.find("\r\n");
    if (line == std::string_view::npos) return false;
    const std::size_t size = std::strtoull(std::string(bytes.substr(0, line)).c_str(), nullptr, 16);
    char again[32];
    std::snprintf(again, sizeof again, "%zx", size);
    if (bytes.substr(0, line) != again) return false;
    bytes.remove_prefix(line + 2);
    if (size == 0) return bytes.ends_with("\r\n");
    if (bytes.size() < size + 2 || bytes.substr(size, 2) != "\r\n") return false;
    bytes.remove_prefix(size + 2);
  }
}

/// What follows the head, as one chunk if it is in chunks.
std::string body_of(const Message& message, std::string_view raw_body) {
  if (!message.fields.has("Transfer-Encoding")) return message.body;
  if (message.complete && !are_canonical_chunks(raw_body)) return "(odd chunks)" + std::string(raw_body);
  return (message.body.empty() ? "" : chunk(message.body)) + "0\r\n" + text(message.trailers) + "\r\n";
}

/// Start line, `fields` instead of its own, and body. `raw` is the message's own part of its bytes.
std::string rewritten(const Message& message, const Fields& fields, std::string_view raw, const std::string& reproach) {
  const std::string head = message.start_line + "\r\n" + text(message.fields) + "\r\n";
  if (!raw.starts_with(head)) return "(not canonical)" + std::string(raw);
  return reproach + message.start_line + "\r\n" + text(fields) + "\r\n" + body_of(message, raw.substr(head.size())) +
         (message.complete ? "" : "(incomplete)");
}

bool is_request_id(const std::string& value) {
  return value.size() == 36;
}

}  // namespace

std::string without_ours(const Message& request, const std::string& endpoint) {
  Fields fields = request.fields;
  for (auto& [name, value] : fields.list) {
    if (name == "Host" && value == endpoint) value = "{endpoint}";
  }
  std::string reproach = take_out(fields, "X-Forwarded-For", "127.0.0.1") +
                         take_out(fields, "X-Forwarded-Proto", "http") +
                         take_out(fields, "X-Request-Id", is_request_id);
  if (fields.get("Host") != "{endpoint}") reproach += take_out(fields, "X-Forwarded-Host", fields.get("Host").c_str());
  reproach +=
      take_out(fields, "Via", [](const std::string& via) { return via == "1.1 penstock" || via == "1.0 penstock"; });
  return rewritten(request, fields, request.raw, reproach);
}

std::string answer_without_ours(const Message& answer, bool had_date) {
  std::string out;
  for (const Message& interim : answer.interim) out += rewritten(interim, interim.fields, interim.raw, "");
  if (answer.start_line.empty()) return out + "(no answer)";
  Fields fields = answer.fields;
  std::string reproach = take_out(fields, "X-Request-Id", is_request_id) +
                         take_out(fields, "Via", [](const std::string& via) { return via.ends_with(" penstock"); });
  if (!had_date) reproach += take_out(fields, "Date", [](const std::string& date) { return date.ends_with(" GMT"); });
  return out + rewritten(answer, fields, answer.raw, reproach);
}

std::string shown(std::string_view bytes) {
  std::string out;
  for (const char c : bytes.substr(0, 600)) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c >= ' ' && c < 0x7f ? std::string(1, c) : std::string(hex);
    }
  }
  return bytes.size() > 600 ? out + "… (" + std::to_string(bytes.size()) + " bytes)" : out;
}

}  // namespace penstock::e2e
