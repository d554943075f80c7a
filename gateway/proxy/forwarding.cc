#include "gateway/proxy/forwarding.h"

#include <algorithm>
#include <charconv>

#include "gateway/http/h1_head.h"

namespace penstock::proxy {
namespace {

using http::Field;
using http::FieldId;

/// RFC 9110 §7.6.1, and what old proxies speak among themselves.
bool hop_by_hop(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
      return true;
    default:
      return false;
  }
}

/// Hands out views into a string whose capacity was set beforehand.
class Text {
 public:
  Text(std::string& text, std::size_t capacity) : text_(text) {
    text_.clear();
    text_.reserve(capacity);
  }
  Text& operator<<(std::string_view piece) {
    text_.append(piece);
    return *this;
  }
  /// What was written since the last take().
  std::string_view take() {
    const std::string_view view = std::string_view(text_).substr(taken_);
    taken_ = text_.size();
    return view;
  }

 private:
  std::string& text_;
  std::size_t taken_ = 0;
};

/// Room for the names and quotes of Forwarded, and for two numbers.
constexpr std::size_t kFixedText = 96;

struct Received {
  std::size_t size = 0;  ///< of all values that may be appended to
  std::string_view proto;
  std::string_view host;
  bool has_host = false;
  std::uint64_t max_forwards = 0;  ///< of OPTIONS, where it is a number above 0
};

/// 0 if it is none, or more than any path has hops.
std::uint64_t parse_hops(std::string_view text) {
  std::uint64_t hops = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hops);
  return error == std::errc() && end == text.data() + text.size() ? hops : 0;
}

/// The values of all fields with this id, and ", " after each. Those that Connection names are no part of the message.
void append_values(const http::Head& head, FieldId id, Text& text) {
  for (const Field& field : head.fields) {
    if (field.id == id && !field.value.empty() && !http::named_by_connection(head, field)) text << field.value << ", ";
  }
}

bool is_v6(std::string_view ip) {
  return ip.find(':') != std::string_view::npos;
}

/// RFC 7239 §4: for and by are quoted where they hold more than a token.
void append_forwarded(Text& text, const http::RequestHead& head, const RequestContext& context) {
  text << (is_v6(context.peer_ip) ? "for=\"[" : "for=") << context.peer_ip << (is_v6(context.peer_ip) ? "]\"" : "");
  if (!head.authority.empty()) text << ";host=\"" << head.authority << "\"";
  text << ";proto=" << context.scheme;
}

void add_forwarding(const http::RequestHead& head, const RequestContext& context, const Received& received, Text& text,
                    FieldSet& out) {
  if (context.forwarded->x_forwarded) {
    if (context.peer_trusted) append_values(head, FieldId::x_forwarded_for, text);
    text << context.peer_ip;
    out.added.push_back({"X-Forwarded-For", text.take()});
    out.added.push_back({"X-Forwarded-Proto", received.proto.empty() ? context.scheme : received.proto});
    const std::string_view host = received.host.empty() ? head.authority : received.host;
    if (!host.empty()) out.added.push_back({"X-Forwarded-Host", host});
  }
  if (context.forwarded->forwarded) {
    if (context.peer_trusted) append_values(head, FieldId::forwarded, text);
    append_forwarded(text, head, context);
    out.added.push_back({"Forwarded", text.take()});
  }
}

/// Where it is not passed on as it came.
std::string_view host_for(const http::RequestHead& head, const RequestContext& context) {
  const conf::HostFrom from = context.host ? context.host->from : conf::HostFrom::client;
  if (from == conf::HostFrom::name) return context.host->name;
  if (from == conf::HostFrom::client && !head.authority.empty()) return head.authority;
  return context.endpoint.starts_with("unix:") ? "localhost" : context.endpoint;
}

/// True if the field goes on as it came.
bool pass_request_field(const http::RequestHead& head, const Field& field, const RequestContext& context,
                        Received& received) {
  switch (field.id) {
    case FieldId::client_certificate:  // whoever sends it: only what we have seen ourselves is told
    case FieldId::content_length:
    case FieldId::x_request_id:
    case FieldId::x_request_timeout_ms:
      return false;
    case FieldId::host:
      if (context.host && context.host->from != conf::HostFrom::client) return false;
      received.has_host = field.value == head.authority;  // otherwise the target has named another: RFC 9112 §3.2.2
      return received.has_host;
    case FieldId::expect:
      return head.expect_continue;
    case FieldId::max_forwards:
      if (head.method == http::Method::options) received.max_forwards = parse_hops(field.value);
      return received.max_forwards == 0;
    case FieldId::x_forwarded_for:
      received.size += field.value.size() + 2;
      return !context.forwarded->x_forwarded && context.peer_trusted;
    case FieldId::x_forwarded_proto:
      if (context.peer_trusted) received.proto = field.value;
      return !context.forwarded->x_forwarded && context.peer_trusted;
    case FieldId::x_forwarded_host:
      if (context.peer_trusted) received.host = field.value;
      return !context.forwarded->x_forwarded && context.peer_trusted;
    case FieldId::forwarded_other:
      return context.peer_trusted;
    case FieldId::forwarded:
      received.size += field.value.size() + 2;
      return !context.forwarded->forwarded && context.peer_trusted;
    default:
      return !hop_by_hop(field.id);
  }
}

}  // namespace

bool upgrades(const http::RequestHead& head) {
  if (!head.wants_upgrade || head.method != http::Method::get || head.body != http::BodyKind::none) return false;
  // Each of them, for all would be passed on: one after the other they are one list.
  return std::all_of(head.fields.begin(), head.fields.end(), [](const Field& field) {
    return field.id != FieldId::upgrade || http::iequals(field.value, "websocket");
  });
}

void forward_request(const http::RequestHead& head, const RequestContext& context, FieldSet& out) {
  out.passed.clear();
  out.added.clear();
  Received received;
  const std::string_view untrusted = context.peer_trusted ? std::string_view() : context.priority_header;
  for (const Field& field : head.fields) {
    if (!untrusted.empty() && http::iequals(field.name, untrusted)) continue;
    // The order matters: a forwarding field that Connection names must neither pass nor be believed (CVE-2022-31813).
    if (http::named_by_connection(head, field)) continue;
    if (pass_request_field(head, field, context, received) || (field.id == FieldId::upgrade && upgrades(head))) {
      out.passed.push_back(field);
    }
  }
  Text text(out.text, received.size + head.authority.size() + 2 * context.peer_ip.size() + kFixedText);
  if (!received.has_host) out.added.push_back({"Host", host_for(head, context)});
  if (received.max_forwards > 0) {  // RFC 9110 §7.6.2
    text << std::to_string(received.max_forwards - 1);
    out.added.push_back({"Max-Forwards", text.take()});
  }
  add_forwarding(head, context, received, text, out);
  if (!context.client_certificate.empty()) out.added.push_back({"X-Forwarded-Client-Cert", context.client_certificate});
  if (context.timeout_ms > 0) {
    text << std::to_string(context.timeout_ms);
    out.added.push_back({"X-Request-Timeout-Ms", text.take()});
  }
  out.added.push_back({"X-Request-Id", context.request_id});
  out.added.push_back({"Via", head.version == http::Version::http11 ? "1.1 penstock" : "1.0 penstock"});
}

void forward_response(const http::ResponseHead& head, std::string_view request_id, std::string_view date,
                      FieldSet& out) {
  out.passed.clear();
  out.added.clear();
  bool has_date = false;
  const bool keeps_length = head.body == http::BodyKind::none && head.status >= 200 && head.status != 204;
  for (const Field& field : head.fields) {
    if (hop_by_hop(field.id) || field.id == FieldId::x_request_id) continue;
    if (field.id == FieldId::content_length && !keeps_length) continue;
    if (http::named_by_connection(head, field)) continue;
    has_date = has_date || field.id == FieldId::date;
    out.passed.push_back(field);
  }
  if (!has_date) out.added.push_back({"Date", date});
  out.added.push_back({"X-Request-Id", request_id});
  out.added.push_back({"Via", head.version == http::Version::http11 ? "1.1 penstock" : "1.0 penstock"});
}

void forward_interim(const http::ResponseHead& head, FieldSet& out) {
  out.passed.clear();
  out.added.clear();
  for (const Field& field : head.fields) {
    const bool upgrade = head.status == 101 && field.id == FieldId::upgrade;
    if (hop_by_hop(field.id) && !upgrade) continue;
    if (field.id == FieldId::content_length || http::named_by_connection(head, field)) continue;
    out.passed.push_back(field);
  }
}

}  // namespace penstock::proxy
