// As much HTTP/1.1 as the overload experiment's two programs need. They speak to proxies only, never to strangers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::overload {

/// Size of the head with the empty line that ends it; nullopt if it is not whole yet.
std::optional<std::size_t> head_size(std::string_view bytes);

/// The value of a field, "" if there is none. Names are compared without regard to case.
std::string_view field(std::string_view head, std::string_view name);

struct Answer {
  int status = 0;
  std::size_t size = 0;  ///< head and body
  bool last = false;     ///< the server closes the connection after it
};

/// nullopt if the answer is not whole yet. Throws std::runtime_error if it has no Content-Length.
std::optional<Answer> parse_answer(std::string_view bytes);

}  // namespace penstock::overload
