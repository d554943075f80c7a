// Small files, read and written whole. Any thread; both may block.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::io {

/// nullopt with a reason if it can't be read, or is longer.
std::optional<std::string> read_file(const std::string& path, std::size_t max_bytes, std::string& why);

/// All or nothing, whatever happens meanwhile: a temporary file beside it, fsync, rename, fsync of the directory.
/// Readable by the owner alone. The reason if it failed; empty if not.
std::string write_file(const std::string& path, std::string_view text);

/// Makes the directory and those above it, where they are missing. The reason if it failed; empty if not.
std::string make_directory(const std::string& path);

}  // namespace penstock::io
