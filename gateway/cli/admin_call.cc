#include "gateway/cli/admin_call.h"

#include <cstdio>
#include <utility>

#include "gateway/io/loop.h"

namespace penstock {

io::HttpAnswer admin_call(const std::string& admin, const std::string& token, const std::string& method,
                          const std::string& target) {
  io::Loop loop;
  io::HttpAnswer answer;
  io::HttpClient client(loop);
  io::HttpQuery query;
  query.method = method;
  if (!token.empty()) query.fields.emplace_back("Authorization", "Bearer " + token);
  query.url = admin + target;
  const auto request = client.fetch(query, [&](io::HttpAnswer got) {
    answer = std::move(got);
    loop.stop();
  });
  loop.run();
  return answer;
}

int complain(const io::HttpAnswer& answer) {
  std::string text = answer.status == 0 ? answer.error : answer.body;
  if (text.empty() || text.back() != '\n') text += '\n';
  std::fprintf(stderr, "penstock: %s", text.c_str());
  return 1;
}

}  // namespace penstock
