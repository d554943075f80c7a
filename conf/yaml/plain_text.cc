#include "conf/yaml/plain_text.h"

#include "conf/utf8.h"

namespace penstock::conf {
namespace {

bool may_stand_unescaped(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::optional<Mark> first_bad_character(std::string_view text) {
  Mark mark{1, 1};
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0 || !may_stand_unescaped(text[0])) return mark;
    const bool new_line = text[0] == '\n';
    mark = new_line ? Mark{mark.line + 1, 1} : Mark{mark.line, mark.column + static_cast<int>(length)};
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace penstock::conf
