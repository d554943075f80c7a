// to_yaml_text(): written here rather than by yaml-cpp's emitter, which leaves strings bare that other YAML readers
// take for a number, a date or a truth value.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "conf/values.h"
#include "conf/yaml/json.h"

namespace penstock::conf {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Words that YAML 1.1 or 1.2 readers take for null or a truth value.
bool is_special_word(const std::string& text) {
  static constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no",
                                                             "on",   "off",  "y",     "n"};
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

/// Numbers of any base, inf and nan, and what YAML 1.1 makes of dates and "12:30:00".
bool is_like_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  if (*end == '\0') return true;
  const bool octal = text.substr(0, 2) == "0o" || text.substr(0, 2) == "0b";
  return octal || std::none_of(text.begin(), text.end(), [](char c) { return is_letter(c) || c == '/'; });
}

bool may_stand_bare(const std::string& text) {
  const auto plain = [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view("/._-:").find(c) != std::string_view::npos;
  };
  if (text.empty() || !(is_letter(text[0]) || is_digit(text[0]) || text[0] == '/') || text.back() == ':') return false;
  return std::all_of(text.begin(), text.end(), plain) && !is_special_word(text) && !is_like_number(text);
}

std::string scalar(const Json& json) {
  if (const auto* number = std::get_if<std::int64_t>(&json.value)) return std::to_string(*number);
  if (const auto* decimal = std::get_if<double>(&json.value)) return format_decimal(*decimal);
  if (const auto* yes = std::get_if<bool>(&json.value)) return *yes ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&json.value))
    return may_stand_bare(*text) ? *text : json_string(*text);
  return "null";
}

bool is_block(const Json& json) {
  return (json.is_list() && !json.list().empty()) || (json.is_map() && !json.map().empty());
}

std::string inline_text(const Json& json) {
  return json.is_list() ? "[]" : json.is_map() ? "{}" : scalar(json);
}

/// Begins where the cursor stands; each line after the first begins with the indent.
void write(const Json& json, const std::string& indent, std::string& out) {
  if (!is_block(json)) {
    out += inline_text(json) + "\n";
    return;
  }
  std::string before;
  const auto next_line = [&] { out += std::exchange(before, indent); };
  if (json.is_list()) {
    for (const Json& item : json.list()) {
      next_line();
      out += "- ";
      write(item, indent + "  ", out);
    }
    return;
  }
  for (const auto& [key, item] : json.map()) {
    next_line();
    out += scalar(key) + ":" + (is_block(item) ? "\n" + indent + "  " : " ");
    write(item, indent + "  ", out);
  }
}

}  // namespace

std::string to_yaml_text(const Json& json) {
  std::string out;
  write(json, "", out);
  return out;
}

}  // namespace penstock::conf
