// Named pieces of bytes as one: what one process hands to another, be they of different versions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// Who reads looks for the names that he knows, and passes over the others.
using KeyValues = std::map<std::string, std::string>;

/// Each with its length before it, so that they may hold any bytes.
std::string packed(const std::vector<std::string>& texts);
/// nullopt if it is not what packed() makes, or was cut short.
std::optional<std::vector<std::string>> unpacked(std::string_view bytes);

/// With the format's version before it.
std::string packed(const KeyValues& values);
/// nullopt also if it is of another version.
std::optional<KeyValues> unpacked_key_values(std::string_view bytes);

}  // namespace penstock
