#include "conf/yaml/json.h"

#include "conf/values.h"

namespace penstock::conf {
namespace {

/// U+0085, U+2028, U+2029 and U+FEFF are line ends or marks to YAML; length of such a sequence at the front, or 0.
std::size_t special_length(std::string_view text) {
  for (const std::string_view special : {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf"}) {
    if (text.substr(0, special.size()) == special) return special.size();
  }
  return 0;
}

std::string escape(unsigned code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) result += kHex[code >> shift & 15];
  return result;
}

std::string escape_special(std::string_view text) {
  if (text.size() == 2) return escape(0x85);
  return escape(text[0] == '\xef' ? 0xfeff : text[2] == '\xa8' ? 0x2028 : 0x2029);
}

std::string escape_ascii(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? escape(static_cast<unsigned char>(c))
                                                               : std::string(1, c);
  }
}

void write(const Json& json, const std::string& indent, std::string& out);

template <class Items, class WriteItem>
void write_items(const Items& items, std::string_view brackets, const std::string& indent, std::string& out,
                 WriteItem write_item) {
  out += brackets[0];
  const char* separator = "\n";
  for (const auto& item : items) {
    out += separator + indent + "  ";
    write_item(item);
    separator = ",\n";
  }
  if (!items.empty()) out += "\n" + indent;
  out += brackets[1];
}

void write(const Json& json, const std::string& indent, std::string& out) {
  if (json.is_list()) {
    write_items(json.list(), "[]", indent, out, [&](const Json& item) { write(item, indent + "  ", out); });
  } else if (json.is_map()) {
    write_items(json.map(), "{}", indent, out, [&](const auto& item) {
      out += json_string(item.first) + ": ";
      write(item.second, indent + "  ", out);
    });
  } else if (const auto* text = std::get_if<std::string>(&json.value)) {
    out += json_string(*text);
  } else if (const auto* number = std::get_if<std::int64_t>(&json.value)) {
    out += std::to_string(*number);
  } else if (const auto* decimal = std::get_if<double>(&json.value)) {
    out += format_decimal(*decimal);
  } else if (const auto* yes = std::get_if<bool>(&json.value)) {
    out += *yes ? "true" : "false";
  } else {
    out += "null";
  }
}

}  // namespace

void Json::set(std::string key, Json item) {
  if (!item.is_null()) std::get<Map>(value).emplace_back(std::move(key), std::move(item));
}

std::string json_string(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const std::size_t special = special_length(text);
    result += special ? escape_special(text.substr(0, special)) : escape_ascii(text[0]);
    text.remove_prefix(special ? special : 1);
  }
  return result + "\"";
}

std::string to_json_text(const Json& json) {
  std::string out;
  write(json, "", out);
  return out + "\n";
}

}  // namespace penstock::conf
