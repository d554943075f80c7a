// A value as it is written out: of the JSON Schema, and of the effective configuration.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace penstock::conf {

/// Null means "nothing to write": a key with that value is left out.
struct Json {
  using List = std::vector<Json>;
  using Map = std::vector<std::pair<std::string, Json>>;  ///< in the order of writing

  Json() = default;
  Json(const char* text) : value(std::string(text)) {}
  Json(std::string text) : value(std::move(text)) {}
  Json(std::string_view text) : value(std::string(text)) {}
  Json(bool yes) : value(yes) {}
  template <std::integral T>
  Json(T number) : value(static_cast<std::int64_t>(number)) {}
  Json(double number) : value(number) {}
  Json(List list) : value(std::move(list)) {}
  Json(Map map) : value(std::move(map)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value); }
  bool is_list() const { return std::holds_alternative<List>(value); }
  bool is_map() const { return std::holds_alternative<Map>(value); }
  const List& list() const { return std::get<List>(value); }
  const Map& map() const { return std::get<Map>(value); }

  /// Adds a key to a map, unless the value is null.
  void set(std::string key, Json item);

  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> value;
};

/// The text as a JSON string, which is a double-quoted YAML string too. Needs valid UTF-8.
std::string json_string(std::string_view text);

/// Indented by two spaces, with a line end at the end.
std::string to_json_text(const Json& json);

/// As YAML in block style; a string that a YAML reader could take for something else is quoted.
std::string to_yaml_text(const Json& json);

}  // namespace penstock::conf
