#include "gateway/cli/demo_backend.h"

#include <spdlog/spdlog.h>

#include <csignal>
#include <stdexcept>

#include "gateway/admin/server.h"
#include "gateway/io/loop.h"
#include "gateway/io/signals.h"

namespace penstock {
namespace {

io::SocketAddress parse_bind(const std::string& bind) {
  const std::size_t colon = bind.rfind(':');
  if (colon != std::string::npos) {
    std::string host = bind.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    const int port = std::atoi(bind.c_str() + colon + 1);
    if (port >= 0 && port <= 65535) {
      if (auto address = io::SocketAddress::from_ip(host, static_cast<std::uint16_t>(port))) return *address;
    }
  }
  throw std::runtime_error("--bind wants IP:PORT, not " + bind);
}

admin::Page describe(const std::string& name, const http::RequestHead& head) {
  std::string body = "Hello from " + name + "\n\n";
  body.append(head.method_text).append(" ").append(head.target).append("\n");
  for (const http::Field& field : head.fields) body.append(field.name).append(": ").append(field.value).append("\n");
  return {200, "text/plain; charset=utf-8", std::move(body)};
}

}  // namespace

void run_demo_backend(const std::string& bind, const std::string& name) {
  io::ignore_broken_pipes();
  io::Loop loop;
  {
    const io::Signals signals(loop, {SIGINT, SIGTERM}, [&](int) { loop.stop(); });
    const admin::Server server(loop, parse_bind(bind), [&](const http::RequestHead& head, const admin::Visitor&) {
      return describe(name, head);
    });
    spdlog::info("{} listening on http://{}", name, server.address().text());
    loop.run();
  }
}

}  // namespace penstock
