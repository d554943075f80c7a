#include "gateway/filters/path_segments.h"

#include <algorithm>

#include "gateway/base/percent.h"

namespace penstock::filters {
namespace {

/// Takes the first segment off the path, with the slashes before it.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

char take_byte(std::string_view& text) {
  const int encoded = percent_byte(text);
  const char byte = encoded < 0 ? text.front() : static_cast<char>(encoded);
  text.remove_prefix(encoded < 0 ? 1 : 3);
  return byte;
}

bool same_decoded(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (take_byte(a) != take_byte(b)) return false;
  }
  return a.empty() && b.empty();
}

}  // namespace

std::string_view segment(std::string_view path, std::uint32_t number) {
  std::string_view found = take_segment(path);
  for (; number > 0; --number) found = take_segment(path);
  return found;
}

std::string_view behind_segments(std::string_view path, std::uint32_t count) {
  for (; count > 0; --count) take_segment(path);
  return path;
}

std::string_view without_beginning(std::string_view path, std::string_view beginning) {
  std::string_view rest = path;
  while (!beginning.empty()) {
    const std::string_view wanted = take_segment(beginning);
    if (wanted.empty()) break;
    const std::string_view found = take_segment(rest);
    if (found.empty() || !same_decoded(found, wanted)) return path;
  }
  return rest.empty() ? "/" : rest;
}

}  // namespace penstock::filters
