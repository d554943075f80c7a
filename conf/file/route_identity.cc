#include "conf/file/route_identity.h"

#include <algorithm>

#include "conf/path_pattern.h"

namespace penstock::conf {
namespace {

/// Behind its length, so that no value can pass for two.
std::string part(const std::string& text) {
  return std::to_string(text.size()) + ":" + text;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string sorted_part(Pairs pairs) {
  std::sort(pairs.begin(), pairs.end());
  std::string result;
  for (const auto& [name, value] : pairs) result += part(name) + part(value);
  return part(result);
}

/// Puts the letters, digits, "." and "_" of the text behind one "-".
void append_slug(std::string& slug, std::string_view text) {
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (plain || upper) {
      slug += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
}

void append_word(std::string& slug, std::string_view text) {
  if (!slug.empty() && slug.back() != '-') slug += '-';
  append_slug(slug, text);
}

std::string make_slug(const Match& match) {
  std::string slug;
  for (const std::string& method : match.methods) append_word(slug, method);
  const bool wildcard = match.host.substr(0, 2) == "*.";
  if (wildcard) append_word(slug, "any");
  append_word(slug, match.host.substr(wildcard ? 2 : 0));
  append_word(slug, match.path == "/" ? "root" : match.path == "/*" ? "all" : match.path);
  for (const auto& [name, value] : match.headers) append_word(slug, name + "-" + value);
  for (const auto& [name, value] : match.query) append_word(slug, name + "-" + value);
  constexpr std::size_t kLongest = 100;
  slug.resize(std::min(slug.size(), kLongest));
  // An id begins with a letter or a digit, and looks unfinished with a dash at its end.
  slug.erase(0, slug.find_first_not_of("-._"));
  slug.erase(slug.find_last_not_of('-') + 1);
  return slug.empty() ? "all" : slug;
}

}  // namespace

std::string match_identity(const Match& match) {
  std::vector<std::string> methods = match.methods;
  std::sort(methods.begin(), methods.end());
  std::string result = part(match.host) + part(path_pattern_identity(match.path));
  for (const std::string& method : methods) result += part(method);
  return result + ";" + sorted_part(match.headers) + sorted_part(match.query);
}

std::string RouteIds::make(const Match& match) {
  const std::string slug = make_slug(match);
  int& number = last_number_.emplace(slug, 1).first->second;
  std::string id = slug;
  while (!claim(id)) id = slug + "-" + std::to_string(++number);
  return id;
}

}  // namespace penstock::conf
