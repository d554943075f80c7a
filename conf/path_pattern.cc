#include "conf/path_pattern.h"

#include <algorithm>
#include <set>

#include "conf/values.h"

namespace penstock::conf {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// A call for each segment, as (segment, is_last): "/a/b" has "a" and "b", "/a/" has "a" and "".
template <class Visit>
void for_each_segment(std::string_view path, Visit visit) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    visit(path.substr(0, slash), slash == path.size());
    path.remove_prefix(slash);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
}

bool is_parameter_name(std::string_view name) {
  const auto inner = [](char c) { return is_letter(c) || is_digit(c); };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), inner);
}

/// "." and "..", however they are written. A proxy and its backend must not disagree on what those mean.
bool is_dot_segment(std::string_view segment) {
  std::string plain;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool encoded = segment.substr(i, 3) == "%2e" || segment.substr(i, 3) == "%2E";
    plain += encoded ? '.' : segment[i];
    if (encoded) i += 2;
  }
  return plain == "." || plain == "..";
}

bool percent_encoding_is_sound(std::string_view segment) {
  for (std::size_t i = segment.find('%'); i != std::string_view::npos; i = segment.find('%', i + 1)) {
    if (i + 2 >= segment.size() || !is_hex(segment[i + 1]) || !is_hex(segment[i + 2])) return false;
  }
  return true;
}

int hex_value(char c) {
  return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/// The segment of a sound pattern, decoded but for what would then mean something else: / % { } and *.
std::string decode(std::string_view segment) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      result += segment[i];
      continue;
    }
    const int byte = hex_value(segment[i + 1]) << 4 | hex_value(segment[i + 2]);
    const char c = static_cast<char>(byte);
    const bool has_meaning = std::string_view("/%{}*").find(c) != std::string_view::npos;
    result += has_meaning ? std::string{'%', kHex[byte >> 4 & 15], kHex[byte & 15]} : std::string(1, c);
    i += 2;
  }
  return result;
}

std::string problem_of_segment(std::string_view segment) {
  if (is_dot_segment(segment)) return "cannot hold the segments . and ..";
  if (!percent_encoding_is_sound(segment)) return "has a % that is not followed by two hexadecimal digits";
  return "";
}

std::string problem_of_literal(std::string_view segment) {
  if (segment.find('*') != std::string_view::npos) return "takes * only as the whole last segment, as in /users/*";
  if (segment.find_first_of("{}") != std::string_view::npos) {
    return "takes a {parameter} only as a whole segment, as in /users/{id}";
  }
  return problem_of_segment(segment);
}

std::string problem_of_characters(std::string_view text) {
  if (text.empty() || text[0] != '/') return "must begin with /, is " + in_quotes(text);
  if (text.find('?') != std::string_view::npos) return "cannot hold a query";
  if (text.find('#') != std::string_view::npos) return "cannot hold a #";
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::all_of(text.begin(), text.end(), visible)) return "must be visible ASCII; percent-encode the rest";
  return "";
}

}  // namespace

std::string problem_of_path(std::string_view path) {
  std::string problem = problem_of_characters(path);
  if (!problem.empty()) return problem;
  for_each_segment(path, [&](std::string_view segment, bool) {
    if (problem.empty()) problem = problem_of_segment(segment);
  });
  return problem;
}

Parsed<std::string> read_path_pattern(std::string_view text) {
  std::string problem = problem_of_characters(text);
  if (problem.ends_with("query")) problem += "; use the key query of the match";
  if (!problem.empty()) return Failure{problem};
  std::set<std::string_view> names;
  for_each_segment(text, [&](std::string_view segment, bool last) {
    if (!problem.empty() || (last && segment == "*")) return;
    if (!is_parameter(segment)) {
      problem = problem_of_literal(segment);
      return;
    }
    const std::string_view name = segment.substr(1, segment.size() - 2);
    if (!is_parameter_name(name)) problem = "a parameter is named with letters, digits and _, not " + in_quotes(name);
    if (!names.insert(name).second) problem = "has two parameters named " + in_quotes(name);
  });
  if (!problem.empty()) return Failure{problem};
  return std::string(text);
}

bool may_begin_with(std::string_view pattern, std::string_view beginning) {
  const std::string whole = path_pattern_identity(pattern);
  const std::string begins = path_pattern_identity(beginning);
  std::string_view rest = whole;
  bool may = true, open = pattern.empty();
  for_each_segment(begins, [&](std::string_view segment, bool) {
    if (!may || open) return;
    const std::string_view next = rest.substr(0, rest.find('/', 1));
    rest.remove_prefix(next.size());
    open = next == "/*" && rest.empty();
    may = open || next == "/{}" || (!next.empty() && next.substr(1) == segment);
  });
  return may;
}

std::string path_pattern_identity(std::string_view pattern) {
  std::string result;
  for_each_segment(pattern, [&](std::string_view segment, bool last) {
    if (segment.empty() && !last) return;
    result += '/';
    result += is_parameter(segment) ? "{}" : decode(segment);
  });
  return result;
}

}  // namespace penstock::conf
