#include "bench/overload/messages.h"

#include <strings.h>

#include <charconv>
#include <stdexcept>

namespace penstock::overload {
namespace {

constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200"

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

}  // namespace

std::optional<std::size_t> head_size(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  return end + 4;
}

std::string_view field(std::string_view head, std::string_view name) {
  for (std::size_t end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n")) {
    const std::string_view line = head.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' && same(line.substr(0, name.size()), name)) {
      const std::size_t value = line.find_first_not_of(" \t", name.size() + 1);
      return value == std::string_view::npos ? std::string_view{} : line.substr(value);
    }
    head.remove_prefix(end + 2);
  }
  return {};
}

std::optional<Answer> parse_answer(std::string_view bytes) {
  const std::optional<std::size_t> size = head_size(bytes);
  if (!size) return std::nullopt;
  const std::string_view head = bytes.substr(0, *size);
  Answer answer;
  std::size_t length = 0;
  if (head.size() < kStatusAt + 3 || !read(head.substr(kStatusAt, 3), answer.status) ||
      !read(field(head, "Content-Length"), length)) {
    throw std::runtime_error("an answer that is not understood:\n" + std::string(head));
  }
  answer.size = *size + length;
  answer.last = same(field(head, "Connection"), "close");
  if (bytes.size() < answer.size) return std::nullopt;
  return answer;
}

}  // namespace penstock::overload
