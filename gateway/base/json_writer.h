// Writes JSON (RFC 8259) to the end of a string, correctly whatever the bytes.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace penstock {

/// Appends `text` as a JSON string with its quotes. Control characters are escaped; what is not UTF-8 becomes U+FFFD,
/// one per maximal ill-formed part (Unicode 15, §3.9). The result is at most 6 bytes per byte, and the quotes.
void append_json_string(std::string& out, std::string_view text);

/// Puts commas and colons where they belong. The caller sees to it that what begins also ends, and that inside an
/// object each value follows a key. `out` must outlive the writer.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }
  /// `name` is one of ours: it is not escaped.
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view text);
  template <std::integral Number>
  JsonWriter& number(Number value) {
    if constexpr (std::is_signed_v<Number>) {
      return signed_number(value);
    } else {
      return unsigned_number(value);
    }
  }
  /// With at most three digits after the point; what is not finite becomes null.
  JsonWriter& decimal(double value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);

 private:
  JsonWriter& signed_number(std::int64_t value);
  JsonWriter& unsigned_number(std::uint64_t value);
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  void separate();

  std::string& out_;
  bool comma_ = false;  ///< the next key or value is not the first of its object or array
};

}  // namespace penstock
