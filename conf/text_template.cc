#include "conf/text_template.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "conf/suggest.h"
#include "conf/words.h"

namespace penstock::conf {
namespace {

constexpr Word<Placeholder> kPlaceholders[] = {
    {"path", Placeholder::path},           {"rest", Placeholder::rest},
    {"query", Placeholder::query},         {"uri", Placeholder::uri},
    {"scheme", Placeholder::scheme},       {"host", Placeholder::host},
    {"hostname", Placeholder::hostname},   {"port", Placeholder::port},
    {"client_ip", Placeholder::client_ip}, {"request_id", Placeholder::request_id},
};

TemplatePiece placeholder_named(std::string_view name) {
  if (const auto placeholder = value_of(kPlaceholders, name)) return {*placeholder, {}, 0};
  return {Placeholder::parameter, std::string(name), 0};
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

/// Which segment of the path it is, runs of "/" being one; nullopt if it is none.
std::optional<std::uint32_t> number_of(std::string_view wanted, std::string_view path) {
  std::uint32_t number = 0;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == wanted) return number;
    path.remove_prefix(segment.size());
    if (!segment.empty()) ++number;
  }
  return std::nullopt;
}

std::string unknown_name(std::string_view name) {
  return "{" + std::string(name) + "} is neither a placeholder nor a parameter of the route's path" +
         did_you_mean(name, texts_of(kPlaceholders));
}

}  // namespace

Parsed<TextTemplate> parse_template(std::string_view text) {
  TextTemplate result{std::string(text), {}};
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) result.pieces.push_back({Placeholder::none, std::exchange(literal, {}), 0});
  };
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '{' && c != '}') {
      literal += c;
    } else if (text.starts_with(c)) {
      literal += c;
      text.remove_prefix(1);
    } else if (c == '}') {
      return Failure{"has a '}' without its '{' (a brace itself is written '}}')"};
    } else {
      const std::size_t close = text.find('}');
      if (close == text.npos) return Failure{"has a '{' without its '}' (a brace itself is written '{{')"};
      const std::string_view name = text.substr(0, close);
      if (!is_name(name)) return Failure{"{" + std::string(name) + "} is not a placeholder"};
      end_literal();
      result.pieces.push_back(placeholder_named(name));
      text.remove_prefix(close + 1);
    }
  }
  end_literal();
  return result;
}

std::string bind_template(TextTemplate& text, std::string_view route_path) {
  for (TemplatePiece& piece : text.pieces) {
    const bool is_rest = piece.placeholder == Placeholder::rest;
    if (!is_rest && piece.placeholder != Placeholder::parameter) continue;
    if (is_rest && route_path.empty()) continue;  // any path, and all of it
    const auto number = number_of(is_rest ? "*" : "{" + piece.text + "}", route_path);
    if (!number) return is_rest ? "{rest} needs a path that ends with /*" : unknown_name(piece.text);
    piece.segment = *number;
  }
  return {};
}

}  // namespace penstock::conf
