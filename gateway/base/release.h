// Giving memory back that a buffer no longer needs.
#pragma once

#include <string>

namespace penstock {

/// Empties the text, and frees what it had. `text = {}` frees nothing: to std::string that is an empty list of
/// characters, and an assignment of them.
inline void release(std::string& text) {
  std::string().swap(text);
}

}  // namespace penstock
