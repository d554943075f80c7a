#include "conf/request_key.h"

#include <utility>

#include "conf/http_text.h"
#include "conf/suggest.h"
#include "conf/values.h"
#include "conf/words.h"

namespace penstock::conf {
namespace {

using From = RequestKey::From;

constexpr Word<From> kPlain[] = {{"client_ip", From::client_ip}, {"path", From::path}};
/// These have a name behind a colon.
constexpr Word<From> kNamed[] = {{"header", From::header}, {"cookie", From::cookie}, {"query", From::query}};

Parsed<RequestKey> with_name(From from, std::string_view text, std::string_view name) {
  if (!is_token(name))
    return Failure{"needs a name behind the colon, of letters, digits and -._~, is " + in_quotes(text)};
  return RequestKey{from, from == From::header ? *read_field_name(name) : std::string(name)};
}

}  // namespace

Parsed<RequestKey> parse_request_key(std::string_view text) {
  if (const auto from = value_of(kPlain, text)) return RequestKey{*from, ""};
  const std::string_view word = text.substr(0, text.find(':'));
  const auto from = value_of(kNamed, word);
  if (from && word.size() < text.size()) return with_name(*from, text, text.substr(word.size() + 1));
  auto known = texts_of(kPlain);
  for (std::string& named : texts_of(kNamed)) known.push_back(std::move(named));
  return Failure{"must be client_ip, path, header:NAME, cookie:NAME or query:NAME, is " + in_quotes(text) +
                 did_you_mean(word, known)};
}

std::string RequestKey::text() const {
  const std::string_view plain = word_for(kPlain, from);
  return plain.empty() ? std::string(word_for(kNamed, from)) + ":" + name : std::string(plain);
}

}  // namespace penstock::conf
