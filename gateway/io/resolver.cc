#include "gateway/io/resolver.h"

#include <uv.h>

#include <algorithm>
#include <memory>

#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

struct Request {
  uv_getaddrinfo_t uv{};
  std::uint16_t port = 0;
  std::function<void(std::vector<SocketAddress>, std::string)> done;
};

std::vector<SocketAddress> collect(const addrinfo* list, std::uint16_t port) {
  std::vector<SocketAddress> addresses;
  for (; list; list = list->ai_next) {
    addresses.push_back(SocketAddress::from_raw(list->ai_addr, list->ai_addrlen).with_port(port));
  }
  const auto by_text = [](const SocketAddress& a, const SocketAddress& b) { return a.text() < b.text(); };
  std::sort(addresses.begin(), addresses.end(), by_text);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

void finished(uv_getaddrinfo_t* uv, int status, addrinfo* list) {
  const std::unique_ptr<Request> request(static_cast<Request*>(uv->data));
  auto addresses = status == 0 ? collect(list, request->port) : std::vector<SocketAddress>();
  if (list) uv_freeaddrinfo(list);
  std::string error = status != 0 ? uv_strerror(status) : addresses.empty() ? "no address" : "";
  request->done(std::move(addresses), std::move(error));
}

}  // namespace

void resolve(Loop& loop, const std::string& host, std::uint16_t port,
             std::function<void(std::vector<SocketAddress>, std::string)> done) {
  loop.assert_here();
  auto request = std::make_unique<Request>();
  request->port = port;
  request->done = std::move(done);
  request->uv.data = request.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  const int status = uv_getaddrinfo(loop.raw(), &request->uv, &finished, host.c_str(), nullptr, &hints);
  if (status == 0) {
    (void)request.release();  // `finished` takes it back
    return;
  }
  loop.post(
      [request = std::shared_ptr<Request>(std::move(request)), status] { request->done({}, uv_strerror(status)); });
}

}  // namespace penstock::io
