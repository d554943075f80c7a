#include "gateway/base/key_values.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace penstock {
namespace {

constexpr std::string_view kMagic = "penstock key-values 1\n";

}  // namespace

std::string packed(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) {
    const std::uint64_t size = text.size();
    bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
    bytes += text;
  }
  return bytes;
}

std::optional<std::vector<std::string>> unpacked(std::string_view bytes) {
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    std::uint64_t size = 0;
    if (bytes.size() < sizeof(size)) return std::nullopt;
    std::memcpy(&size, bytes.data(), sizeof(size));
    bytes.remove_prefix(sizeof(size));
    if (bytes.size() < size) return std::nullopt;
    texts.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return texts;
}

std::string packed(const KeyValues& values) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : values) {
    texts.push_back(key);
    texts.push_back(value);
  }
  return std::string(kMagic) + packed(texts);
}

std::optional<KeyValues> unpacked_key_values(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  auto texts = unpacked(bytes.substr(kMagic.size()));
  if (!texts || texts->size() % 2 != 0) return std::nullopt;
  KeyValues values;
  for (std::size_t i = 0; i < texts->size(); i += 2) {
    values.insert_or_assign(std::move((*texts)[i]), std::move((*texts)[i + 1]));
  }
  return values;
}

}  // namespace penstock
