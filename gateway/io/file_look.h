// One look at a file: what there is, if it has changed since the last one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace penstock::io {

/// Which file a path leads to, and when it was changed.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0, modified_ns = 0, changed_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// All zero if there is nothing. Blocks.
FileIdentity identity_of(const std::string& path);

struct FileLook {
  FileIdentity identity;
  bool read = false;     ///< false: the same as before, written to while it was read, or there is an error
  bool resting = false;  ///< nobody has written to it just now; a later change would show in the identity
  std::string text;
  std::string error;
};

/// Blocks. `before` is the identity of the last look that was resting; a file that still has it is not read again.
/// Longer files than `max_bytes`, and what is no regular file, are errors.
FileLook look_at(const std::string& path, std::size_t max_bytes, const FileIdentity& before);

}  // namespace penstock::io
