// Segments of a path as it came: runs of "/" are one, and nothing is decoded.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock::filters {

/// The number-th segment, from 0; empty if there are not so many.
std::string_view segment(std::string_view path, std::uint32_t number);

/// What stands behind so many segments, with its slash: "/7" of "/orders/7" behind one. Empty if nothing does.
std::string_view behind_segments(std::string_view path, std::uint32_t count);

/// The path without `beginning`'s segments, percent-encoded bytes compared decoded; "/" if nothing is left. The path
/// itself if it does not begin with them.
std::string_view without_beginning(std::string_view path, std::string_view beginning);

}  // namespace penstock::filters
