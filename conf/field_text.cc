#include "conf/field_text.h"

#include <algorithm>
#include <array>

#include "conf/http_text.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

/// In lower case.
constexpr std::array<std::string_view, 10> kOfFramingOrConnection = {
    "connection", "content-length", "expect",  "http2-settings",    "keep-alive", "proxy-connection",
    "te",         "trailer",        "upgrade", "transfer-encoding",
};

}  // namespace

Parsed<std::string> read_changed_in_response(std::string_view text) {
  const auto name = read_field_name(text);
  if (!name) return Failure{name.problem()};
  const bool kept =
      std::find(kOfFramingOrConnection.begin(), kOfFramingOrConnection.end(), *name) != kOfFramingOrConnection.end();
  if (kept) return Failure{in_quotes(text) + " can't be changed: it says how the message is to be sent"};
  return std::string(text);
}

Parsed<std::string> read_changed_in_request(std::string_view text) {
  const auto name = read_field_name(text);
  if (name && *name == "host")
    return Failure{in_quotes(text) + " can't be changed here: the upstream's key host says what backends see"};
  return read_changed_in_response(text);
}

Parsed<TextTemplate> read_field_template(std::string_view text) {
  const auto value = read_field_value(text);
  return value ? parse_template(*value) : Failure{value.problem()};
}

}  // namespace penstock::conf
