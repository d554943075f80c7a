#include "gateway/base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "gateway/base/hex.h"

namespace penstock {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr bool plain(unsigned char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = plain(static_cast<unsigned char>(c));
  return table;
}();

// Whether all 8 bytes are plain, looked at together: a byte's top bit comes out set if it is 0x7f or more, less than
// 0x20, a quote or a backslash. A borrow or carry between bytes can only say "no" wrongly, never "yes".
bool all_plain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x80 * kOnes;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quotes = (word ^ ('"' * kOnes)) - kOnes;
  const std::uint64_t backslashes = (word ^ ('\\' * kOnes)) - kOnes;
  return ((word | (word + kOnes) | (word - 0x20 * kOnes) | quotes | backslashes) & kTops) == 0;
}

std::size_t plain_run(std::string_view text) {
  std::size_t run = 0;
  while (run + 8 <= text.size() && all_plain(text.data() + run)) run += 8;
  while (run < text.size() && kPlain[static_cast<unsigned char>(text[run])]) ++run;
  return run;
}

void append_escaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  append_hex(out += "\\u00", static_cast<char>(c), kLowerHex);
}

struct Sequence {
  std::size_t length;  // of the character, or of the part to replace
  bool valid;
};

// Unicode 15, table 3-7: the second byte's range says no to overlong forms, surrogates and what lies beyond U+10FFFF.
Sequence read_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned char low = 0x80, high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size() || at(i) < low || at(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text[0]);
    if (c < 0x80) {
      append_escaped(out, c);
      text.remove_prefix(1);
      continue;
    }
    const Sequence sequence = read_sequence(text);
    out += sequence.valid ? text.substr(0, sequence.length) : kReplacement;
    text.remove_prefix(sequence.length);
  }
  out += '"';
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::begin(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::decimal(double value) {
  if (!std::isfinite(value)) return raw("null");
  char text[352];
  const char* end = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, 3).ptr;
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  return raw({text, end});
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::signed_number(std::int64_t value) {
  std::array<char, 20> text;
  return raw({text.data(), std::to_chars(text.begin(), text.end(), value).ptr});
}

JsonWriter& JsonWriter::unsigned_number(std::uint64_t value) {
  std::array<char, 20> text;
  return raw({text.data(), std::to_chars(text.begin(), text.end(), value).ptr});
}

}  // namespace penstock
