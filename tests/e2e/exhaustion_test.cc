// Clients that take what they can: descriptors, memory, time. What others notice of them, and what is left of it.
#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <memory>
#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/metric.h"
#include "tests/support/tcp_queue.h"

namespace penstock::e2e {
namespace {

class Exhaustion : public H1ToH1 {
 protected:
  static constexpr std::size_t kGrowthMax = 4 << 20;
  static constexpr milliseconds kStalled{300};
  static constexpr rlim_t kNone = 3;  ///< none but those that are open, as the lowest numbers are taken

  static void set_descriptor_limit(Gateway& gateway, rlim_t limit) {
    rlimit now{};
    must(::prlimit(gateway.process().pid(), RLIMIT_NOFILE, nullptr, &now), "prlimit");
    now.rlim_cur = limit;
    must(::prlimit(gateway.process().pid(), RLIMIT_NOFILE, &now, nullptr), "prlimit");
  }
  /// On a connection that is open already: with no descriptor left, no other can be had.
  static std::string metric(Client& admin, const std::string& series) {
    admin.send(get("/metrics"));
    return metric_in(admin.response().body, series);
  }
  /// UBSan makes a pipe when it first sees a type: without descriptors it takes the object for a broken one. So a
  /// client must have come and gone before. `admin`: a connection that is open; there must be one of a client, too, at
  /// rest.
  static void make_one_go(Gateway& gateway, Client& admin) {
    EXPECT_EQ(Client(gateway).get("/").status(), 200);
    EXPECT_TRUE(eventually([&] {
      return metric(admin, "penstock_connections{side=\"downstream\",state=\"idle\"}") == "1" &&
             metric(admin, "penstock_connections_accepted_total") == "2";
    }));
  }
  void expect_flat(Gateway& gateway, std::size_t before) {
    if (kSanitized) return;
    EXPECT_LT(gateway.process().resident_bytes(), before + kGrowthMax);
  }
};

TEST_F(Exhaustion, WithoutDescriptorsOpenConnectionsGoOnAndNewOnesWait) {
  Gateway gateway(backend);
  Client admin(gateway.admin_port()), old(gateway);
  EXPECT_EQ(metric(admin, "penstock_accept_errors_total"), "0");
  EXPECT_EQ(old.get("/").status(), 200);
  make_one_go(gateway, admin);
  set_descriptor_limit(gateway, gateway.process().open_descriptors() + 3);

  std::deque<Client> flood;
  for (int i = 0; i < 10; ++i) flood.emplace_back(gateway);
  EXPECT_TRUE(eventually([&] { return metric(admin, "penstock_accept_errors_total") != "0"; }));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(old.get("/").status(), 200);

  // The one that waits is served as soon as there is a descriptor for it.
  Client late = std::move(flood.back());
  late.send(get("/late"));
  flood.clear();
  EXPECT_EQ(late.response().status(), 200);
}

TEST_F(Exhaustion, ARequestThatNeedsADescriptorIsRefusedUntilThereIsOne) {
  Gateway gateway(backend);
  Client client(gateway), other(gateway);
  // One to the backend must have come and gone, too, for UBSan.
  backend.on_request([](Exchange& exchange) { exchange.ok("ok", "Connection: close\r\n"); });
  EXPECT_EQ(client.get("/").status(), 200);
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/held") exchange.stall();
    exchange.ok("ok");
  });
  client.send(get("/held"));  // takes the only connection to the backend
  backend.requests(2);
  set_descriptor_limit(gateway, kNone);
  expect_problem(other.get("/"), 502, "connect_failed");
  set_descriptor_limit(gateway, 1000);
  EXPECT_EQ(other.get("/").status(), 200);
  backend.release();
  EXPECT_EQ(client.response().status(), 200);
}

TEST_F(Exhaustion, AnswersThatNobodyReadsEndTheReadingOfRequests) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.ok(std::string(10'000, 'x')); });
  const std::size_t before = gateway.process().resident_bytes();
  Client greedy(SocketAddress::ipv4(gateway.port()), 4096);
  std::string requests;
  while (requests.size() < (32 << 20)) requests += get("/");
  EXPECT_LT(greedy.send_until_stalled(requests, kStalled), requests.size() / 2);
  expect_flat(gateway, before);
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
}

TEST_F(Exhaustion, EndlessPipeliningIsServedInTurnsWithOthers) {
  Gateway gateway(gateway_yaml(backend.address(), {.listener = "max: { requests_per_connection: 1000000 }",
                                                   .routes = "- { id: ping, match: { path: /ping }, respond: {} }\n"}));
  Client greedy(gateway);
  std::thread sender([&] {
    std::string requests;
    for (int i = 0; i < 20'000; ++i) requests += get("/ping");
    greedy.send(requests);
  });
  std::thread reader_of_others([&] {
    for (int i = 0; i < 50; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 200);
  });
  for (int i = 0; i < 20'000; ++i) {
    if (greedy.response().status() != 200) ADD_FAILURE() << i;
  }
  sender.join();
  reader_of_others.join();
}

TEST_F(Exhaustion, ManyTinyChunksCostNoMemory) {
  constexpr std::size_t kChunks = kSanitized ? 5'000 : 200'000;  // where memory is not looked at, fewer will do
  Gateway gateway(backend, {.listener = "max: { body: 64MiB }"});
  const std::size_t before = gateway.process().resident_bytes();
  Client client(gateway);
  client.send(chunked_post("/"));
  std::string chunks;
  for (std::size_t i = 0; i < kChunks; ++i) chunks += "1\r\nx\r\n";
  client.send(chunks + "0\r\n\r\n");
  EXPECT_EQ(client.response().status(), 200);
  EXPECT_EQ(backend.request().body.size(), kChunks);
  expect_flat(gateway, before);
}

// The kernel took megabytes for each client that did not read (net.ipv4.tcp_wmem); a thousand of them held all of the
// memory that it has for TCP, and no connection of the machine got on.
TEST_F(Exhaustion, TheKernelHoldsLittleForAClientThatDoesNotRead) {
  constexpr unsigned kHeldMax = 512 << 10;
  Gateway gateway(backend);
  const auto stalled = std::make_shared<std::atomic<bool>>(false);
  backend.on_request([stalled](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    exchange.connection().send_until_stalled(std::string(32 << 20, 'x'), kStalled);
    *stalled = true;
    exchange.await_close();
  });
  Client reader(SocketAddress::ipv4(gateway.port()), 4096);
  reader.send(get("/large"));
  EXPECT_EQ(reader.head().status(), 200);
  EXPECT_TRUE(eventually([&] { return stalled->load(); }));
  EXPECT_LT(peers_send_queue(reader.fd()), kHeldMax);
}

TEST_F(Exhaustion, SlowReadersOfLargeAnswersHoldNextToNothingEach) {
  constexpr std::size_t kReaders = 100;
  constexpr std::size_t kEachMax = 128 << 10;  // what is unsent, and what was read but could not be
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    exchange.connection().send_until_stalled(std::string(8 << 20, 'x'), kStalled);
    exchange.await_close();
  });
  const std::size_t before = gateway.process().resident_bytes();
  std::deque<Client> readers;
  for (std::size_t i = 0; i < kReaders; ++i) {
    readers.emplace_back(SocketAddress::ipv4(gateway.port()), 4096);
    readers.back().send(get("/large"));
  }
  for (Client& reader : readers) EXPECT_EQ(reader.head().status(), 200);
  backend.requests(kReaders);
  Client other(gateway);
  backend.on_request([](Exchange& exchange) { exchange.ok("ok"); });
  EXPECT_EQ(other.get("/").status(), 200);
  expect_flat(gateway, before + kReaders * kEachMax);
}

}  // namespace
}  // namespace penstock::e2e
