// Upgrade: what becomes a tunnel, and what must not.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

constexpr const char* kWebSocket =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr const char* kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

void echo_frames(Exchange& exchange) {
  exchange.reply(kSwitching);
  while (true) {
    const std::string bytes = exchange.connection().read_some();
    if (bytes.empty()) return exchange.close();
    exchange.reply("echo:" + bytes);
  }
}

class H1Upgrade : public H1ToH1 {
 protected:
  Message upgrade(Client& client) {
    client.send(get("/chat", kWebSocket));
    return client.head();
  }
};

TEST_F(H1Upgrade, AWebSocketBecomesATunnel) {
  Gateway gateway(backend);
  backend.on_request(echo_frames);
  Client client(gateway);
  const Message answer = upgrade(client);
  EXPECT_EQ(answer.status(), 101);
  EXPECT_EQ(answer["Upgrade"], "websocket");
  EXPECT_THAT(answer["Connection"], testing::StrCaseEq("upgrade"));
  for (const char* frame : {"one", "\x81\x01\x00 two"}) {
    client.send(frame);
    EXPECT_EQ(client.read_exactly(std::string(frame).size() + 5), "echo:" + std::string(frame));
  }
}

TEST_F(H1Upgrade, TheBackendSeesTheUpgrade) {
  Gateway gateway(backend);
  backend.on_request(echo_frames);
  Client client(gateway);
  upgrade(client);
  EXPECT_EQ(backend.request()["Upgrade"], "websocket");
  EXPECT_THAT(backend.request()["Connection"], testing::StrCaseEq("upgrade"));
  EXPECT_EQ(backend.request()["Sec-WebSocket-Key"], "dGhlIHNhbXBsZSBub25jZQ==");
}

TEST_F(H1Upgrade, BytesRightBehindThe101ReachTheClient) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply(std::string(kSwitching) + "welcome");
    exchange.await_close();
  });
  Client client(gateway);
  upgrade(client);
  EXPECT_EQ(client.read_exactly(7), "welcome");
}

// CVE-2025-64763: what a client sends before it is told to switch must not reach the backend as tunnel data.
TEST_F(H1Upgrade, BytesSentBeforeThe101DoNotPassBeforeIt) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) {
    EXPECT_TRUE(exchange.connection().stays_quiet(milliseconds(50)));
    exchange.reply("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  Client client(gateway);
  client.send(get("/chat", kWebSocket) + "early");
  EXPECT_EQ(client.response().status(), 403);
  EXPECT_THAT(backend.received(), testing::Not(testing::HasSubstr("early")));
}

TEST_F(H1Upgrade, TheClientsEndEndsTheTunnel) {
  Gateway gateway(backend);
  backend.on_request(echo_frames);
  Client client(gateway);
  upgrade(client);
  client.close();
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(H1Upgrade, TheBackendsEndEndsTheTunnel) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply(std::string(kSwitching) + "bye");
    exchange.close();
  });
  Client client(gateway);
  upgrade(client);
  EXPECT_EQ(client.read_to_end(), "bye");
}

TEST_F(H1Upgrade, ASilentTunnelIsClosed) {
  Gateway gateway(backend, {.upstream = "timeouts: { idle: 100ms }"});
  backend.on_request(echo_frames);
  Client client(gateway);
  upgrade(client);
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(H1Upgrade, ATunnelOutlivesTheTotalOfAnAnswer) {
  Gateway gateway(backend, {.upstream = "timeouts: { first_byte: 100ms, idle: 5s }"});
  backend.on_request(echo_frames);
  Client client(gateway);
  upgrade(client);
  EXPECT_TRUE(client.stays_quiet(milliseconds(300)));
  client.send("still");
  EXPECT_EQ(client.read_exactly(10), "echo:still");
}

TEST_F(H1Upgrade, ALargeStreamPassesTheTunnel) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply(kSwitching);
    exchange.reply(exchange.connection().read_exactly(2'000'000));
    exchange.await_close();
  });
  Client client(gateway);
  upgrade(client);
  const std::string large(2'000'000, 'z');
  client.send(large);
  EXPECT_TRUE(client.read_exactly(large.size()) == large);
}

TEST_F(H1Upgrade, ARefusedUpgradeIsAnOrdinaryAnswer) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
  Client client(gateway);
  client.send(get("/chat", kWebSocket));
  EXPECT_EQ(client.response().status(), 400);
  backend.answer(ok_response("page"));
  EXPECT_EQ(client.get("/").body, "page");
}

// CVE-2024-23326: a 200 to an upgrade request was taken for consent.
TEST_F(H1Upgrade, A200IsNoTunnel) {
  Gateway gateway(backend);
  Client client(gateway);
  client.send(get("/chat", kWebSocket));
  EXPECT_EQ(client.response().body, "ok");
  EXPECT_EQ(client.get("/second").body, "ok");
  EXPECT_EQ(backend.requests(2)[1].target(), "/second");
}

TEST_F(H1Upgrade, A101ThatNobodyAskedForIsABadGateway) {
  Gateway gateway(backend);
  backend.answer(kSwitching);
  expect_problem(Client(gateway).get("/"), 502, "upstream_protocol");
}

TEST_F(H1Upgrade, H2cIsNotPassedOn) {
  Gateway gateway(backend);
  Client(gateway).get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n");
  EXPECT_FALSE(backend.request().fields.has("Upgrade"));
  EXPECT_FALSE(backend.request().fields.has("HTTP2-Settings"));
  EXPECT_THAT(backend.request()["Connection"], testing::Not(testing::HasSubstr("pgrade")));
}

TEST_F(H1Upgrade, UpgradeWithoutConnectionIsNone) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).get("/", "Upgrade: websocket\r\n").status(), 200);
  EXPECT_FALSE(backend.request().fields.has("Upgrade"));
}

TEST_F(H1Upgrade, ATunnelIsLoggedWhenItEnds) {
  Gateway gateway(backend);
  backend.on_request(echo_frames);
  Client client(gateway);
  upgrade(client);
  client.send("abc");
  client.read_exactly(8);
  client.close();
  EXPECT_EQ(json_member(gateway.access_line(), "status"), "101");
}

}  // namespace
}  // namespace penstock::e2e
