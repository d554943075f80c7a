#include "discovery/http_trouble.h"

#include "conf/secrets.h"
#include "discovery/log_once.h"

namespace penstock::discovery {

std::string trouble_of(const io::HttpAnswer& answer) {
  constexpr std::size_t kMost = 200;
  constexpr std::size_t kLookedAt = 4096;  // what is cut in two is not known for a secret
  if (answer.status == 0) return conf::hide_secrets(answer.error);
  const std::string body = conf::hide_secrets(one_line(answer.body.substr(0, kLookedAt))).substr(0, kMost);
  return "status " + std::to_string(answer.status) + (body.empty() ? "" : ": " + body);
}

}  // namespace penstock::discovery
