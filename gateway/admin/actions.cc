#include "gateway/admin/actions.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace penstock::admin {
namespace {

Page text(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body) + "\n"};
}

/// RFC 3986 §2.1; what is not well-formed stays as it is.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                         std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    result += escaped ? static_cast<char>(byte) : text[i];
    if (escaped) i += 2;
  }
  return result;
}

std::optional<std::string> parameter_of(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace

Page act(const http::RequestHead& head, const std::vector<Action>& actions) {
  if (head.find("origin")) return text(403, "not from a web page");
  const auto action =
      std::find_if(actions.begin(), actions.end(), [&](const Action& a) { return a.path == head.path; });
  if (action == actions.end()) return text(405, "GET and HEAD only, but for:\n\n" + list_of(actions));
  Values values;
  for (const std::string& parameter : action->parameters) {
    auto value = parameter_of(head.query, parameter);
    if (!value) return text(400, "the parameter " + parameter + " is missing: " + list_of({*action}));
    values.push_back(std::move(*value));
  }
  const Done done = action->act(values);
  return text(done.well ? 200 : 409, done.text);
}

std::string list_of(const std::vector<Action>& actions) {
  std::string list;
  for (const Action& action : actions) {
    list += (list.empty() ? "POST " : "\nPOST ") + action.path;
    const char* before = "?";
    for (const std::string& parameter : action.parameters) {
      list += before + parameter + "=…";
      before = "&";
    }
    list += "  " + action.about;
  }
  return list;
}

}  // namespace penstock::admin
