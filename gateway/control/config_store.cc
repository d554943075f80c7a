#include "gateway/control/config_store.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "gateway/base/timestamp.h"
#include "gateway/io/file.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 17 << 20;  // a configuration and our line
constexpr std::string_view kHead = "# penstock: ";

std::optional<ConfigVersion> taken_apart(std::uint64_t number, const std::string& whole) {
  const std::size_t end = whole.find('\n');
  if (!whole.starts_with(kHead) || end == std::string::npos) return std::nullopt;
  return ConfigVersion{number, whole.substr(kHead.size(), end - kHead.size()), whole.substr(end + 1)};
}

}  // namespace

ConfigStore::ConfigStore(const std::string& directory) : directory_(directory.empty() ? "" : directory + "/config") {}

std::string ConfigStore::path(std::uint64_t number) const {
  std::string digits = std::to_string(number);
  digits.insert(0, 6 - std::min<std::size_t>(6, digits.size()), '0');
  return directory_ + "/" + digits + ".yaml";
}

std::vector<std::uint64_t> ConfigStore::numbers() const {
  std::vector<std::uint64_t> numbers;
  if (directory_.empty()) return numbers;
  std::error_code error;
  for (fs::directory_iterator file(directory_, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    std::uint64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec == std::errc() && std::string_view(read.ptr) == ".yaml") numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::uint64_t ConfigStore::add(const std::string& text, const std::string& origin, std::uint64_t unix_ms,
                               std::string& why) {
  if (directory_.empty()) return 0;
  const auto last = newest();
  if (last && last->text == text) return last->number;
  why = io::make_directory(directory_);
  if (!why.empty()) return 0;
  const std::uint64_t number = last ? last->number + 1 : 1;
  std::string whole(kHead);
  append_rfc3339(whole, unix_ms);
  whole += " from " + origin + "\n" + text;
  why = io::write_file(path(number), whole);
  if (!why.empty()) return 0;
  std::vector<std::uint64_t> all = numbers();
  for (std::size_t i = 0; i + kKept < all.size(); ++i) {
    std::error_code error;
    fs::remove(path(all[i]), error);
  }
  return number;
}

std::vector<ConfigVersion> ConfigStore::list() const {
  std::vector<ConfigVersion> versions;
  for (const std::uint64_t number : numbers()) {
    if (auto version = find(number)) {
      version->text.clear();
      versions.push_back(std::move(*version));
    }
  }
  return versions;
}

std::optional<ConfigVersion> ConfigStore::find(std::uint64_t number) const {
  if (directory_.empty()) return std::nullopt;
  std::string why;
  const auto whole = io::read_file(path(number), kMostBytes, why);
  return whole ? taken_apart(number, *whole) : std::nullopt;
}

/// One that is not whole is passed over.
std::optional<ConfigVersion> ConfigStore::newest() const {
  const std::vector<std::uint64_t> all = numbers();
  for (auto number = all.rbegin(); number != all.rend(); ++number) {
    if (auto version = find(*number)) return version;
  }
  return std::nullopt;
}

}  // namespace penstock
