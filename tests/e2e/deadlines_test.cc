// The time that a request has, and what endpoints are told of it.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

constexpr const char* kField = "X-Request-Timeout-Ms";

class RequestDeadline : public H1ToH1 {
 protected:
  static long told(const Message& request) { return request[kField].empty() ? -1 : std::stol(request[kField]); }
};

TEST_F(RequestDeadline, AnEndpointIsToldWhatIsLeftOfTheTotal) {
  Gateway gateway(backend, {.upstream = "timeouts: { total: 5s }"});
  Client(gateway).get("/");
  EXPECT_GT(told(backend.request()), 4000);
  EXPECT_LE(told(backend.request()), 5000);
}

TEST_F(RequestDeadline, WithoutATotalNobodyIsTold) {
  Gateway gateway(backend);
  Client(gateway).get("/", "grpc-timeout: 5S\r\n");
  EXPECT_EQ(backend.request()[kField], "");
  EXPECT_EQ(backend.request()["grpc-timeout"], "5S");
}

TEST_F(RequestDeadline, AClientMayShortenItButNotLengthenIt) {
  Gateway gateway(backend, {.upstream = "timeouts: { total: 5s }"});
  Client(gateway).get("/", "X-Request-Timeout-Ms: 2000\r\n");
  const long shortened = told(backend.take_request());
  EXPECT_GT(shortened, 1000);
  EXPECT_LE(shortened, 2000);
  Client(gateway).get("/", "X-Request-Timeout-Ms: 600000\r\n");
  const long bounded = told(backend.take_request());
  EXPECT_GT(bounded, 4000);
  EXPECT_LE(bounded, 5000);
}

TEST_F(RequestDeadline, AClientsDeadlineIsPassedOnWithoutATotalToo) {
  Gateway gateway(backend);
  Client(gateway).get("/", "X-Request-Timeout-Ms: 2000\r\n");
  EXPECT_GT(told(backend.request()), 0);
  EXPECT_LE(told(backend.request()), 2000);
  EXPECT_EQ(backend.request().fields.all(kField).size(), 1u);
}

TEST_F(RequestDeadline, AClientsDeadlineEndsTheRequest) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  expect_proxy_error(Client(gateway).get("/", "X-Request-Timeout-Ms: 50\r\n"), 504, "total_timeout",
                     "http_response_timeout");
  expect_problem(Client(gateway).get("/", "grpc-timeout: 50m\r\n"), 504, "total_timeout");
}

TEST_F(RequestDeadline, NothingIsBegunThatIsTooLate) {
  Gateway gateway(backend);
  expect_problem(Client(gateway).get("/", "X-Request-Timeout-Ms: 0\r\n"), 504, "total_timeout");
  EXPECT_EQ(backend.connections(), 0u);
}

TEST_F(RequestDeadline, EachTryIsToldLess) {
  Gateway gateway(backend, {.upstream = "outlier: off, timeouts: { total: 5s }, retry: { attempts: 3, on: [504], "
                                        "per_try_timeout: 30ms, backoff: 1ms }"});
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() < 2) exchange.await_close();
    if (exchange.number() == 2) exchange.ok("at last");
  });
  EXPECT_EQ(Client(gateway).get("/").body, "at last");
  const std::vector<Message> requests = backend.requests(3);
  EXPECT_LE(told(requests[1]), told(requests[0]) - 30);
  EXPECT_LE(told(requests[2]), told(requests[1]) - 30);
}

}  // namespace
}  // namespace penstock::e2e
