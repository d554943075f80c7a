#include "conf/request_key.h"

#include <algorithm>
#include <array>
#include <utility>

#include "conf/http_text.h"
#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

using From = RequestKey::From;

constexpr std::array<std::pair<std::string_view, From>, 2> kPlain = {
    {{"client_ip", From::client_ip}, {"path", From::path}}};
constexpr std::array<std::pair<std::string_view, From>, 3> kNamed = {
    {{"header:", From::header}, {"cookie:", From::cookie}, {"query:", From::query}}};

Parsed<RequestKey> with_name(From from, std::string_view text, std::string_view name) {
  if (!is_token(name))
    return Failure{"needs a name behind the colon, of letters, digits and -._~, is " + in_quotes(text)};
  return RequestKey{from, from == From::header ? *read_field_name(name) : std::string(name)};
}

}  // namespace

Parsed<RequestKey> parse_request_key(std::string_view text) {
  for (const auto& [word, from] : kPlain) {
    if (text == word) return RequestKey{from, ""};
  }
  for (const auto& [start, from] : kNamed) {
    if (text.substr(0, start.size()) == start) return with_name(from, text, text.substr(start.size()));
  }
  return Failure{"must be client_ip, path, header:NAME, cookie:NAME or query:NAME, is " + in_quotes(text) +
                 did_you_mean(text.substr(0, text.find(':')), {"client_ip", "path", "header", "cookie", "query"})};
}

std::string RequestKey::text() const {
  for (const auto& [word, plain] : kPlain) {
    if (from == plain) return std::string(word);
  }
  const auto named = std::find_if(kNamed.begin(), kNamed.end(), [&](const auto& n) { return n.second == from; });
  return std::string(named->first) + name;
}

}  // namespace penstock::conf
