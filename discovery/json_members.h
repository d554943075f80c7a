// Reading JSON that nobody vouches for: every accessor says whether there is such a thing, and none throws.
//
// Templates, because the JSON library's headers are for .cc files only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "discovery/registry.h"
#include "gateway/base/number_text.h"

namespace penstock::discovery {

/// How deep an answer may be nested. A parsed `[[[[…` takes some 50 times its length in memory.
inline constexpr unsigned kMostNesting = 64;

/// Whether brackets and braces outside of strings are nested at most so deep. Says nothing of the text otherwise.
bool nested_at_most(std::string_view text, unsigned depth);

/// std::nullopt if the text is no JSON, or nested too deep. `each`: see the library's parser callbacks.
template <class Json>
std::optional<Json> parse_json(std::string_view text, typename Json::parser_callback_t each = nullptr) {
  if (!nested_at_most(text, kMostNesting)) return std::nullopt;
  Json value = Json::parse(text.begin(), text.end(), each, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

/// nullptr if `object` is none, or has no such member, or it is null.
template <class Json>
const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// The same, of a member of a member, as far as there is one.
template <class Json>
const Json* member(const Json* object, const char* name) {
  return object ? member(*object, name) : nullptr;
}

template <class Json>
std::optional<std::string> text_of(const Json* value) {
  if (!value || !value->is_string()) return std::nullopt;
  return *value->template get_ptr<const std::string*>();
}

/// A whole number that fits, or a string of its digits: etcd and Eureka write numbers so.
template <class Json>
std::optional<std::uint64_t> number_of(const Json* value) {
  if (!value) return std::nullopt;
  if (const auto* number = value->template get_ptr<const std::uint64_t*>()) return *number;
  const auto text = text_of(value);
  if (!text) return std::nullopt;
  return read_number(*text);
}

/// The members that are strings, numbers or truth values, as text, sorted by name, within the bounds of an instance's
/// metadata.
template <class Json>
Metadata metadata_of(const Json* object) {
  Metadata out;
  if (!object || !object->is_object()) return out;
  for (const auto& [name, value] : object->items()) {
    if (out.size() == kMostMetadata) break;
    if (value.is_structured() || value.is_null()) continue;
    std::string text = value.is_string() ? *text_of(&value) : value.dump();
    if (name.size() <= kLongestMetadata && text.size() <= kLongestMetadata) out.emplace_back(name, std::move(text));
  }
  return out;  // the library keeps members sorted
}

}  // namespace penstock::discovery
