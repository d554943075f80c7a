// A part of a text, for code that runs for every field of every request.
#pragma once

#include <cassert>
#include <cstddef>
#include <string_view>

namespace penstock {

/// `count` bytes from `from` on; both within the text, which the caller has made sure of. string_view::substr() looks
/// again, throws, and is a call for that: 400 instructions of each request.
constexpr std::string_view slice(std::string_view text, std::size_t from, std::size_t count) {
  assert(from <= text.size() && count <= text.size() - from);
  return {text.data() + from, count};
}

/// All from `from` on.
constexpr std::string_view slice_from(std::string_view text, std::size_t from) {
  return slice(text, from, text.size() - from);
}

}  // namespace penstock
