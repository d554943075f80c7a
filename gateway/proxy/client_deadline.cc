#include "gateway/proxy/client_deadline.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "gateway/http/h1_head.h"

namespace penstock::proxy {
namespace {

using http::FieldId;

/// Longer ones bound nothing.
constexpr Nanos kLongest = 24 * 3600 * kNanosPerSecond;

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Of the units of the gRPC protocol ("TimeoutUnit"); 0 for what is none.
Nanos unit_of(char letter) {
  switch (letter) {
    case 'H':
      return 3600 * kNanosPerSecond;
    case 'M':
      return 60 * kNanosPerSecond;
    case 'S':
      return kNanosPerSecond;
    case 'm':
      return kNanosPerMilli;
    case 'u':
      return 1000;
    case 'n':
      return 1;
    default:
      return 0;
  }
}

std::optional<Nanos> times(std::optional<std::uint64_t> number, Nanos unit) {
  if (!number || unit == 0) return std::nullopt;
  return *number > kLongest / unit ? ClientDeadline::kNone : *number * unit;
}

/// At most eight digits and a unit: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
std::optional<Nanos> parse_grpc_timeout(std::string_view text) {
  constexpr std::size_t kMostDigits = 8;
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  return times(parse_digits(text.substr(0, text.size() - 1)), unit_of(text.back()));
}

}  // namespace

ClientDeadline client_deadline(const http::RequestHead& head) {
  ClientDeadline deadline;
  bool grpc_seen = false;
  for (const http::Field& field : head.fields) {
    const bool own = field.id == FieldId::x_request_timeout_ms && !deadline.told;
    const bool grpc = field.id == FieldId::grpc_timeout && !grpc_seen;
    if ((!own && !grpc) || http::named_by_connection(head, field)) continue;
    const auto wait = own ? times(parse_digits(field.value), kNanosPerMilli) : parse_grpc_timeout(field.value);
    if (!wait) continue;
    (own ? deadline.told : grpc_seen) = true;
    deadline.within = std::min(deadline.within, *wait);
  }
  return deadline;
}

}  // namespace penstock::proxy
