#include "conf/secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace penstock::conf {
namespace {

constexpr auto npos = std::string_view::npos;

constexpr std::array<std::string_view, 17> kCredentials = {
    "token",           "accesstoken", "sessiontoken", "apikey",        "key",    "accesskey", "accesskeyid",
    "accesskeysecret", "secretkey",   "password",     "authorization", "passwd", "pwd",       "sig",
    "signature",       "secret",      "auth"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view what) {
  return text.size() >= what.size() &&
         std::equal(what.begin(), what.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '-' || c == '.';
}

/// "api_key", "Api-Key" and "apiKey" are the same; of "spring.redis.password" the last part counts.
bool names_credential(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(name.rfind('.') + 1)) {
    if (c != '_' && c != '-') plain += lower(c);
  }
  if (plain.starts_with('x')) plain.erase(0, plain.ends_with("token") ? plain.size() - 5 : 1);
  return std::find(kCredentials.begin(), kCredentials.end(), plain) != kCredentials.end();
}

/// Of a word that is `text` up to a blank or a quote: where the user part begins and ends, if it has one.
bool find_user_part(std::string_view word, std::size_t& begin, std::size_t& end) {
  const std::size_t plain = word.rfind('@');
  std::size_t encoded = npos;
  for (std::size_t i = 0; i + 2 < word.size(); ++i) {
    if (word[i] == '%' && word[i + 1] == '4' && word[i + 2] == '0') encoded = i;
  }
  end = plain == npos ? encoded : encoded == npos ? plain : std::max(plain, encoded);
  if (end == npos) return false;
  const std::string_view before = word.substr(0, end);
  begin = before.find("://");
  if (begin != npos) return begin += 3, true;
  for (std::size_t i = 0; i + 9 <= before.size(); ++i) {
    if (starts_with_ignoring_case(before.substr(i), "%3a%2f%2f")) return begin = i + 9, true;
  }
  begin = 0;  // "user:password@host", and no mail address
  return before.find(':') != npos;
}

std::size_t word_end(std::string_view text, std::size_t begin) {
  return std::min(text.find_first_of(" \t\r\n\"'<>", begin), text.size());
}

std::string hide_user_parts(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = word_end(text, i);
    const std::string_view word = text.substr(i, end - i);
    std::size_t user = 0;
    std::size_t at = 0;
    if (find_user_part(word, user, at)) {
      out.append(word.substr(0, user)).append(kHidden).append(word.substr(at));
    } else {
      out += word;
    }
    if (end < text.size()) out += text[end];
    i = end + 1;
  }
  return out;
}

/// How long what stands between a name and its value is: "=", "%3D", `": "`; 0: nothing of the kind.
std::size_t separator(std::string_view text) {
  if (text.starts_with('=')) return 1;
  if (starts_with_ignoring_case(text, "%3d")) return 3;
  std::size_t i = 0;
  if (text.starts_with('"')) ++i;
  if (i >= text.size() || text[i] != ':') return 0;
  i = std::min(text.find_first_not_of(' ', i + 1), text.size());
  if (i < text.size() && text[i] == '"') return i + 1;
  return text.starts_with('"') ? i : 0;  // not the "key: why" of a message
}

std::size_t value_end(std::string_view text, std::size_t begin) {
  if (text[begin - 1] == '"') return std::min(text.find('"', begin), text.size());
  std::size_t end = std::min(text.find_first_of(" \t\r\n\"'&;,}", begin), text.size());
  for (std::size_t i = begin; i + 3 <= end; ++i) {
    if (starts_with_ignoring_case(text.substr(i), "%26")) end = i;
  }
  return end;
}

std::string hide_named_values(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    // What was percent-encoded before a name is none of it.
    if (text[i] == '%' && i + 3 <= text.size()) {
      out += text.substr(i, 3);
      i += 3;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_name_character(text[end])) ++end;
    if (end == i) {
      out += text[i++];
      continue;
    }
    out += text.substr(i, end - i);
    const std::size_t gap = names_credential(text.substr(i, end - i)) ? separator(text.substr(end)) : 0;
    i = end + gap;
    if (gap == 0) continue;
    out += text.substr(end, gap);
    const std::size_t after = value_end(text, i);
    if (after > i) out += kHidden;
    i = after;
  }
  return out;
}

std::string hide_after_schemes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool at_word = i == 0 || !is_name_character(text[i - 1]);
    const std::string_view rest = text.substr(i);
    const std::size_t scheme = !at_word                                     ? 0
                               : starts_with_ignoring_case(rest, "bearer ") ? 7
                               : starts_with_ignoring_case(rest, "basic ")  ? 6
                                                                            : 0;
    if (scheme == 0) {
      out += text[i++];
      continue;
    }
    out.append(rest.substr(0, scheme)).append(kHidden);
    i = word_end(text, i + scheme);
  }
  return out;
}

}  // namespace

std::string hide_secrets(std::string_view text) {
  return hide_after_schemes(hide_named_values(hide_user_parts(text)));
}

}  // namespace penstock::conf
