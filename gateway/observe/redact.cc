#include "gateway/observe/redact.h"

#include <algorithm>
#include <array>

#include "gateway/base/percent.h"
#include "gateway/http/message.h"

namespace penstock::observe {
namespace {

constexpr std::string_view kRedacted = "REDACTED";
constexpr std::size_t kHostMax =
    300;  // a name has 255 bytes at most; what is longer is userinfo that was cut before its '@'

constexpr std::array<std::string_view, 9> kCredentials = {"access_token", "token", "api_key", "apikey",   "password",
                                                          "secret",       "key",   "sig",     "signature"};

bool names_credential(std::string_view name) {
  constexpr std::size_t kLongest = 3 * std::string_view("access_token").size();
  if (name.size() > kLongest) return false;
  const std::string decoded = percent_decoded(name);
  return std::any_of(kCredentials.begin(), kCredentials.end(),
                     [&](std::string_view credential) { return http::iequals(decoded, credential); });
}

// Appends the piece before the authority and its userinfo, hidden, to `out`; returns how much of `url` that was.
std::size_t redact_userinfo(std::string_view url, std::string& out) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos || url.find_first_of("/?#") < scheme_end) return 0;
  const std::size_t begin = scheme_end + 3;
  const std::string_view authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  std::size_t userinfo = authority.rfind('@');
  if (userinfo == std::string_view::npos) {
    if (authority.size() <= kHostMax) return 0;
    userinfo = authority.size();
  }
  out += url.substr(0, begin);
  out += kRedacted;
  return begin + userinfo;
}

// From `begin`, the parameters of a query. Appends to `out` up to the last value that was hidden; returns its end.
std::size_t redact_query(std::string_view url, std::size_t begin, std::string& out) {
  std::size_t copied = begin;
  std::size_t name = std::min(url.find('?', begin), url.find('#', begin));
  while (name != std::string_view::npos) {
    ++name;
    const std::size_t end = url.find_first_of("=&;?#", name);
    if (end == std::string_view::npos) break;
    if (url[end] != '=' || !names_credential(url.substr(name, end - name))) {
      name = url[end] == '=' ? url.find_first_of("&;?#", end) : end;
      continue;
    }
    out += url.substr(copied, end + 1 - copied);
    out += kRedacted;
    copied = std::min(url.find('&', end), url.size());
    name = copied < url.size() ? copied : std::string_view::npos;
  }
  return copied;
}

}  // namespace

std::string_view redact_url(std::string_view url, std::string& scratch) {
  scratch.clear();
  const std::size_t authority = redact_userinfo(url, scratch);
  const std::size_t rest = redact_query(url, authority, scratch);
  if (scratch.empty()) return url;
  return scratch.append(url.substr(rest));
}

}  // namespace penstock::observe
