// Requests that wait for a place under a concurrency limit, on several workers.
#include <memory>
#include <vector>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;

class Queue : public H1ToH1 {
 protected:
  static Additions with(const std::string& concurrency, const std::string& top = "workers: 4\n",
                        const std::string& more = "") {
    return {.upstream = "limits: [{ concurrency: { " + concurrency + " } }]" + more, .top = top};
  }
  void hold_requests() {
    backend.on_request([](Exchange& exchange) {
      exchange.stall();
      exchange.ok(exchange.request().target());
    });
  }
  static bool waiting(const Gateway& gateway, int count) {
    const std::string shown = "\"waiting\":" + std::to_string(count) + ",";
    return eventually([&] { return gateway.admin("/limits").body.find(shown) != std::string::npos; });
  }
  Client& send(const Gateway& gateway, const std::string& bytes) {
    clients.push_back(std::make_unique<Client>(gateway));
    clients.back()->send(bytes);
    return *clients.back();
  }
  std::vector<std::unique_ptr<Client>> clients;
};

TEST_F(Queue, WhoWaitsIsServedInTheOrderOfComingWhateverItsWorker) {
  Gateway gateway(backend, with("limit: 1, queue: 20, max_wait: 9s"));
  hold_requests();
  for (int i = 0; i < 13; ++i) {
    send(gateway, get("/" + std::to_string(i)));
    if (i == 0) backend.requests(1);
    ASSERT_TRUE(waiting(gateway, i));
  }
  for (int i = 0; i < 13; ++i) {
    EXPECT_EQ(backend.requests(static_cast<std::size_t>(i) + 1).back().target(), "/" + std::to_string(i));
    backend.release();
    EXPECT_EQ(clients[static_cast<std::size_t>(i)]->response().status(), 200);
  }
  EXPECT_EQ(backend.request_count(), 13u);
}

TEST_F(Queue, APlaceOfOneWorkerWakesAWaiterOfAnotherSoon) {
  Gateway gateway(backend, with("limit: 1, queue: 100, max_wait: 9s"));
  Client alone(gateway);
  const Stopwatch one_by_one;
  for (int i = 0; i < 100; ++i) alone.get("/");
  const milliseconds without_waiting = one_by_one.elapsed();
  const Stopwatch watch;
  for (int i = 0; i < 100; ++i) send(gateway, get("/"));
  for (auto& client : clients) EXPECT_EQ(client->response().status(), 200);
  // Each place is handed on to whichever worker is next: if that took a wheel's tick, all took 400 ms more.
  if (!kSanitized) {
    EXPECT_LT(watch.elapsed(), 3 * without_waiting + milliseconds(200));
  }
}

TEST_F(Queue, WhoWaitsTooLongIsRefused) {
  Gateway gateway(backend, with("limit: 1, queue: 5, max_wait: 50ms"));
  hold_requests();
  send(gateway, get("/"));
  backend.requests(1);
  const Message refused = Client(gateway).ask(post("/", "a body"));
  expect_proxy_error(refused, 503, "overloaded", "connection_limit_reached");
  EXPECT_EQ(refused["Retry-After"], "1");
  EXPECT_TRUE(waiting(gateway, 0));
  backend.release(1);
  EXPECT_EQ(clients[0]->response().status(), 200);
}

TEST_F(Queue, WhoFindsItFullIsRefusedAtOnce) {
  Gateway gateway(backend, with("limit: 1, queue: 1, max_wait: 9s"));
  hold_requests();
  send(gateway, get("/0"));
  backend.requests(1);
  send(gateway, get("/1"));
  ASSERT_TRUE(waiting(gateway, 1));
  EXPECT_EQ(Client(gateway).get("/2").status(), 503);
  backend.release(2);
  EXPECT_EQ(clients[1]->response().body, "/1");
}

TEST_F(Queue, WhoLeavesFreesItsPlaceInTheQueue) {
  Gateway gateway(backend, with("limit: 1, queue: 1, max_wait: 9s"));
  hold_requests();
  send(gateway, get("/0"));
  backend.requests(1);
  send(gateway, get("/1"));
  ASSERT_TRUE(waiting(gateway, 1));
  clients[1]->close();
  ASSERT_TRUE(waiting(gateway, 0));
  send(gateway, get("/2"));
  ASSERT_TRUE(waiting(gateway, 1));
  backend.release(2);
  EXPECT_EQ(clients[2]->response().body, "/2");
  EXPECT_EQ(backend.request_count(), 2u);
}

TEST_F(Queue, TheWaitCountsForTheWholeTime) {
  Gateway gateway(backend, with("limit: 1, queue: 5, max_wait: 9s", "workers: 2\n", ", timeouts: { total: 100ms }"));
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  send(gateway, get("/"));
  backend.requests(1);
  send(gateway, get("/", "X-Request-Timeout-Ms: 50\r\n"));
  EXPECT_EQ(clients[1]->response().status(), 504);
  EXPECT_EQ(clients[0]->response().status(), 504);
  EXPECT_EQ(backend.request_count(), 1u);
  EXPECT_TRUE(waiting(gateway, 0));
}

TEST_F(Queue, ABodyIsReadOnceThereIsAPlace) {
  Gateway gateway(backend, with("limit: 1, queue: 5, max_wait: 9s"));
  hold_requests();
  send(gateway, get("/0"));
  backend.requests(1);
  const std::string body(200'000, 'b');
  Client client(gateway);
  client.send(request("POST", "/1", "Content-Length: 200000\r\n"));
  ASSERT_TRUE(waiting(gateway, 1));
  backend.release(2);
  client.send(body);
  EXPECT_EQ(client.response().body, "/1");
  EXPECT_EQ(backend.requests(2).back().body, body);
}

TEST_F(Queue, ByPriorityTheHigherClassGoesFirst) {
  Additions additions = with("limit: 1, queue: 9, max_wait: 9s, order: priority", "workers: 1\n");
  additions.routes =
      "- { match: { path: /low }, upstream: app, priority: background }\n"
      "- { match: { path: /high }, upstream: app, priority: critical }\n";
  Gateway gateway(backend, additions);
  hold_requests();
  send(gateway, get("/high"));  // a lower one would leave its place free for it
  backend.requests(1);
  send(gateway, get("/low"));
  ASSERT_TRUE(waiting(gateway, 1));
  send(gateway, get("/high"));
  ASSERT_TRUE(waiting(gateway, 2));
  backend.release(1);
  EXPECT_EQ(backend.requests(2).back().target(), "/high");
  backend.release(2);
  EXPECT_EQ(clients[1]->response().body, "/low");
}

TEST_F(Queue, ByPriorityAFullOneSendsAwayWhoIsOfALowerClass) {
  Additions additions = with("limit: 1, queue: 1, max_wait: 9s, order: priority", "workers: 1\n");
  additions.routes =
      "- { match: { path: /low }, upstream: app, priority: background }\n"
      "- { match: { path: /high }, upstream: app, priority: critical }\n";
  Gateway gateway(backend, additions);
  hold_requests();
  send(gateway, get("/high"));
  backend.requests(1);
  Client& low = send(gateway, get("/low"));
  ASSERT_TRUE(waiting(gateway, 1));
  Client& high = send(gateway, get("/high"));
  expect_proxy_error(low.response(), 503, "overloaded", "connection_limit_reached");
  EXPECT_EQ(Client(gateway).get("/low").status(), 503) << "for a low one there is no place in it";
  backend.release(2);
  EXPECT_EQ(high.response().body, "/high");
}

TEST_F(Queue, InOrderOfComingClassesCountForNothing) {
  Additions additions = with("limit: 1, queue: 9, max_wait: 9s", "workers: 1\n");
  additions.routes =
      "- { match: { path: /low }, upstream: app, priority: background }\n"
      "- { match: { path: /high }, upstream: app, priority: critical }\n";
  Gateway gateway(backend, additions);
  hold_requests();
  send(gateway, get("/high"));
  backend.requests(1);
  send(gateway, get("/low"));
  ASSERT_TRUE(waiting(gateway, 1));
  send(gateway, get("/high"));
  ASSERT_TRUE(waiting(gateway, 2));
  backend.release(1);
  EXPECT_EQ(backend.requests(2).back().target(), "/low");
  backend.release(2);
  EXPECT_EQ(clients[2]->response().body, "/high");
}

TEST_F(Queue, IsShown) {
  Gateway gateway(backend, with("limit: 1, queue: 9, max_wait: 9s"));
  hold_requests();
  send(gateway, get("/"));
  backend.requests(1);
  send(gateway, get("/"));
  ASSERT_TRUE(waiting(gateway, 1));
  EXPECT_THAT(gateway.admin("/metrics").body,
              HasSubstr("penstock_limit_waiting_requests{where=\"upstream app\",limit=\"concurrency\"} 1"));
  backend.release(2);
  EXPECT_EQ(clients[1]->response().status(), 200);
  EXPECT_THAT(gateway.admin("/limits").body, HasSubstr("\"passed_total\":2,\"waited_total\":1"));
}

}  // namespace
}  // namespace penstock::e2e
