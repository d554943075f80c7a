// The configurations that were in force, on disk: numbered texts, so that a gateway that can't reach its registry
// starts with the last good one, and an engineer can go back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace penstock {

struct ConfigVersion {
  std::uint64_t number = 0;  ///< from 1
  std::string about;         ///< "2026-01-02T03:04:05.678Z from zk:/penstock"
  std::string text;
};

/// DIRECTORY/config/NUMBER.yaml. Any thread, but one writer at a time; all of it may block.
class ConfigStore {
 public:
  /// Older ones are removed.
  static constexpr std::size_t kKept = 100;

  /// `directory`: empty: nothing is kept, and nothing found.
  explicit ConfigStore(const std::string& directory);

  /// Its number: that of the newest, if it is the same text. 0, and `why`, if it can't be kept.
  std::uint64_t add(const std::string& text, const std::string& origin, std::uint64_t unix_ms, std::string& why);
  /// The oldest first; the texts are left out.
  std::vector<ConfigVersion> list() const;
  std::optional<ConfigVersion> find(std::uint64_t number) const;
  std::optional<ConfigVersion> newest() const;

 private:
  std::vector<std::uint64_t> numbers() const;
  std::string path(std::uint64_t number) const;

  const std::string directory_;  ///< empty: none
};

}  // namespace penstock
