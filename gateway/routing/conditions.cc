#include "gateway/routing/conditions.h"

#include <algorithm>

#include "gateway/base/percent.h"

namespace penstock::routing {
namespace {

constexpr std::string_view kPresent = "*";

constexpr std::uint16_t bit(http::Method method) {
  return static_cast<std::uint16_t>(1u << static_cast<unsigned>(method));
}

/// Takes the first character off an encoded text, and decodes it. A "%" without two digits stands for itself.
char take_decoded(std::string_view& text) {
  const char c = text.front();
  const int byte = percent_byte(text);
  text.remove_prefix(byte >= 0 ? 3 : 1);
  if (byte >= 0) return static_cast<char>(byte);
  return c == '+' ? ' ' : c;
}

bool decodes_to(std::string_view encoded, std::string_view plain) {
  for (const char expected : plain) {
    if (encoded.empty() || take_decoded(encoded) != expected) return false;
  }
  return encoded.empty();
}

}  // namespace

Conditions::Conditions(const conf::Match& match)
    : match_(&match), plain_(match.headers.empty() && match.query.empty()) {
  for (const std::string& method : match.methods) methods_ |= bit(http::parse_method(method));
  if (match.methods.empty()) methods_ = 0xffff;
  if ((methods_ & bit(http::Method::get)) != 0) methods_ |= bit(http::Method::head);
  count_ = static_cast<std::uint16_t>((match.methods.empty() ? 0 : 1) + match.headers.size() + match.query.size());
}

bool Conditions::allow_method(const http::RequestHead& head) const {
  if ((methods_ & bit(head.method)) == 0) return false;
  if (head.method != http::Method::other || match_->methods.empty()) return true;
  return std::ranges::find(match_->methods, head.method_text) != match_->methods.end();
}

bool Conditions::fields_hold(const http::RequestHead& head) const {
  return std::ranges::all_of(match_->headers, [&](const auto& wanted) {
    return std::ranges::any_of(head.fields, [&](const http::Field& field) {
      return http::iequals(field.name, wanted.first) && (wanted.second == kPresent || field.value == wanted.second);
    });
  });
}

bool Conditions::query_holds(const http::RequestHead& head) const {
  return std::ranges::all_of(match_->query,
                             [&](const auto& wanted) { return query_has(head.query, wanted.first, wanted.second); });
}

bool query_has(std::string_view query, std::string_view name, std::string_view value) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty() || !decodes_to(pair.substr(0, equals), name)) continue;
    if (value == kPresent || decodes_to(pair.substr(std::min(equals + 1, pair.size())), value)) return true;
  }
  return false;
}

}  // namespace penstock::routing
