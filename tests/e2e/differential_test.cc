// However a stream of requests is cut into TCP segments, the backend reads the same bytes.
#include <algorithm>
#include <numeric>
#include <random>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

/// A stream with every framing in it. The last one asks for the end, so that a client knows when all is answered.
std::string stream() {
  return get("/a?b", "X-One: 1\r\nCookie: a=b\r\n") + post("/post", "five5") +
         chunked_post("/chunked", "Connection: X-Gone\r\nX-Gone: 1\r\n") + chunk("one") + "A;ext=1\r\n0123456789\r\n" +
         "0\r\nX-Sum: 13\r\n\r\n" + request("HEAD", "/head") + "\r\n" +
         "GET http://other.example/abs HTTP/1.1\r\nHost: other.example\r\n\r\n" +
         request("DELETE", "/x", "Content-Length: 0\r\n") + get("/last", "Connection: close\r\n");
}

class H1Differential : public H1ToH1 {
 protected:
  H1Differential() : gateway(backend, {.listener = "max: { requests_per_connection: 1000000 }"}) {}

  /// Without the one line that differs from request to request.
  static std::string without_request_id(std::string bytes) {
    const std::size_t at = bytes.find("X-Request-Id: ");
    if (at != std::string::npos) bytes.erase(at, bytes.find("\r\n", at) + 2 - at);
    return bytes;
  }

  /// What the backend got of the stream, cut at these offsets.
  std::vector<std::string> upstream_requests(const std::vector<std::size_t>& cuts) {
    const std::string bytes = stream();
    Client client(gateway);
    std::size_t begin = 0;
    for (const std::size_t cut : cuts) {
      client.send_apart({std::string_view(bytes).substr(begin, cut - begin)});
      begin = cut;
    }
    client.send(std::string_view(bytes).substr(begin));
    client.read_to_end();
    std::vector<std::string> result;
    for (const Message& request : backend.take_requests()) result.push_back(without_request_id(request.raw));
    return result;
  }

  Gateway gateway;
};

TEST_F(H1Differential, TheStreamAsAWholeIsSevenRequests) {
  EXPECT_EQ(upstream_requests({}).size(), 7u);
}

TEST_F(H1Differential, ACutAnywhereChangesNothing) {
  const std::vector<std::string> whole = upstream_requests({});
  for (std::size_t cut = 1; cut < stream().size(); ++cut) {
    ASSERT_EQ(upstream_requests({cut}), whole) << "cut at " << cut;
  }
}

TEST_F(H1Differential, ManyCutsChangeNothing) {
  const std::vector<std::string> whole = upstream_requests({});
  std::mt19937 random(20240229);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::size_t> cuts(1 + random() % 12);
    for (std::size_t& cut : cuts) cut = 1 + random() % (stream().size() - 1);
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    ASSERT_EQ(upstream_requests(cuts), whole) << testing::PrintToString(cuts);
  }
}

TEST_F(H1Differential, ByteByByteChangesNothing) {
  const std::vector<std::string> whole = upstream_requests({});
  std::vector<std::size_t> cuts(stream().size() - 1);
  std::iota(cuts.begin(), cuts.end(), 1);
  EXPECT_EQ(upstream_requests(cuts), whole);
}

}  // namespace
}  // namespace penstock::e2e
