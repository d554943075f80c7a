#include "discovery/http_trouble.h"

#include "discovery/log_once.h"

namespace penstock::discovery {

std::string trouble_of(const io::HttpAnswer& answer) {
  constexpr std::size_t kMost = 200;
  if (answer.status == 0) return answer.error;
  const std::string body = one_line(answer.body.substr(0, kMost));
  return "status " + std::to_string(answer.status) + (body.empty() ? "" : ": " + body);
}

}  // namespace penstock::discovery
