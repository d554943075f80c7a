#include "conf/environment.h"

#include <algorithm>
#include <cstdlib>

#include "conf/values.h"

namespace penstock::conf {
namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), inner);
}

/// What stands between "${" and "}".
Parsed<std::string> look_up(std::string_view inside, const Environment& env) {
  const std::size_t dash = inside.find(":-");
  const std::string name(inside.substr(0, dash));
  if (!is_variable_name(name)) return Failure{"has no valid variable name: ${" + name + "}"};
  const bool has_default = dash != std::string_view::npos;
  const std::string_view fallback = has_default ? inside.substr(dash + 2) : std::string_view();
  if (fallback.find("${") != std::string_view::npos) return Failure{"a default cannot hold another ${…}"};
  std::optional<std::string> value = env ? env(name) : std::nullopt;
  if (has_default && (!value || value->empty())) return std::string(fallback);
  if (!value) return Failure{"the environment variable " + name + " is not set, and ${" + name + "} has no default"};
  return *std::move(value);
}

}  // namespace

Parsed<std::string> expand(std::string_view text, const Environment& env) {
  std::string result;
  while (true) {
    const std::size_t dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return result;
    text.remove_prefix(dollar);
    if (text.substr(0, 2) == "${") {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return Failure{"has a ${ without its } (write $$ for a plain $)"};
      auto value = look_up(text.substr(2, end - 2), env);
      if (!value) return value;
      result += *value;
      text.remove_prefix(end + 1);
    } else {
      result += '$';
      text.remove_prefix(text.substr(0, 2) == "$$" ? 2 : 1);
    }
  }
}

std::string escape_environment(std::string_view text) {
  std::string result;
  for (char c : text) result.append(c == '$' ? 2 : 1, c);
  return result;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

}  // namespace penstock::conf
