#include "gateway/base/line_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock {
namespace {

using Lines = std::vector<std::string_view>;

/// The table of common lengths has so many cells at most.
constexpr std::size_t kMostCells = 64 << 20;
constexpr std::size_t kContext = 3;

struct Line {
  char mark;
  std::string_view text;
};

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

/// By the longest common subsequence.
void compare(const Lines& a, const Lines& b, std::vector<Line>& out) {
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> common;
  if ((a.size() + 1) * width <= kMostCells) common.resize((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return common[i * width + j]; };
  if (!common.empty()) {
    for (std::size_t i = a.size(); i-- > 0;) {
      for (std::size_t j = b.size(); j-- > 0;)
        at(i, j) = a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (!common.empty() && i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back({' ', a[i]});
      ++i, ++j;
    } else if (i < a.size() && (common.empty() || j == b.size() || at(i + 1, j) >= at(i, j + 1))) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

/// Lines near a change; the others as "...".
std::string with_context(const std::vector<Line>& lines) {
  std::vector<bool> shown(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const std::size_t first = i - std::min(i, kContext);
    for (std::size_t k = first; k < std::min(lines.size(), i + kContext + 1); ++k) shown[k] = true;
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (shown[i]) {
      text.append({lines[i].mark, ' '}).append(lines[i].text).append("\n");
    } else if (i == 0 || shown[i - 1]) {
      text += "...\n";
    }
  }
  return text;
}

}  // namespace

std::string line_diff(std::string_view a, std::string_view b) {
  Lines from = lines_of(a), to = lines_of(b);
  if (from == to) return "";
  std::vector<Line> lines;
  std::size_t same = 0;
  while (same < from.size() && same < to.size() && from[same] == to[same]) lines.push_back({' ', from[same++]});
  std::size_t tail = 0;
  while (tail < from.size() - same && tail < to.size() - same &&
         from[from.size() - 1 - tail] == to[to.size() - 1 - tail])
    ++tail;
  const auto middle = [&](const Lines& all) {
    return Lines(all.begin() + static_cast<std::ptrdiff_t>(same), all.end() - static_cast<std::ptrdiff_t>(tail));
  };
  compare(middle(from), middle(to), lines);
  for (std::size_t i = tail; i > 0; --i) lines.push_back({' ', from[from.size() - i]});
  return with_context(lines);
}

}  // namespace penstock
