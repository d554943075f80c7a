#include "discovery/json_splitter.h"

#include <utility>

namespace penstock::discovery {

bool JsonSplitter::fail() {
  broken_ = true;
  begun_ = std::string();
  return false;
}

bool JsonSplitter::add(std::string_view piece, const std::function<void(std::string_view)>& take) {
  if (broken_) return false;
  std::size_t at = 0;
  while (true) {
    if (depth_ == 0) {
      at = piece.find_first_not_of(" \t\r\n", at);
      if (at == piece.npos) return true;
      if (piece[at] != '{') return fail();
    }
    const std::size_t end = end_of_object(piece, at);
    const std::string_view part = piece.substr(at, end == piece.npos ? end : end - at);
    if (part.size() > most_bytes_ - begun_.size()) return fail();
    if (end == piece.npos) {
      begun_ += part;
      return true;
    }
    at = end;
    if (begun_.empty()) {
      take(part);
      continue;
    }
    begun_ += part;
    const std::string whole = std::exchange(begun_, {});
    take(whole);
  }
}

std::size_t JsonSplitter::end_of_object(std::string_view piece, std::size_t from) {
  for (std::size_t i = from; i < piece.size(); ++i) {
    const char c = piece[i];
    if (escaped_) {
      escaped_ = false;
    } else if (in_string_) {
      if (c == '\\') escaped_ = true;
      if (c == '"') in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{') {
      ++depth_;
    } else if (c == '}' && --depth_ == 0) {
      return i + 1;
    }
  }
  return piece.npos;
}

}  // namespace penstock::discovery
