// A slow reader pauses the sender: what is on its way does not pile up in the gateway.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "tests/support/fixture.h"
#include "tests/support/metric.h"

namespace penstock::e2e {
namespace {

constexpr std::size_t kTotal = kSanitized ? 40'000'000 : 200'000'000;
constexpr std::size_t kGrowthMax = 8'000'000;
constexpr milliseconds kStalled{200};

/// A body that can be made and checked piece by piece, whatever its length. Its period is prime, so that no buffer's
/// size hides a piece that is missing or came twice.
class Pattern {
 public:
  Pattern() {
    for (std::size_t i = 0; i < kPeriod; ++i) block_ += static_cast<char>((i * 2654435761u) >> 13);
    block_ += block_;
  }
  std::string_view at(std::size_t offset, std::size_t size) const {
    return std::string_view(block_).substr(offset % kPeriod, std::min(size, kPeriod));
  }
  bool matches(std::size_t offset, std::string_view bytes) const {
    while (!bytes.empty()) {
      const std::string_view expected = at(offset, bytes.size());
      if (!bytes.starts_with(expected)) return false;
      bytes.remove_prefix(expected.size());
      offset += expected.size();
    }
    return true;
  }

 private:
  static constexpr std::size_t kPeriod = 65521;
  std::string block_;
};

/// Used by backends' threads, which end after the test's own members.
const Pattern pattern;

void send_pattern(Connection& connection, std::size_t from, std::size_t to) {
  while (from < to) {
    const std::string_view piece = pattern.at(from, to - from);
    connection.send(piece);
    from += piece.size();
  }
}

/// Sends until the other end takes no more; returns how much went.
std::size_t fill(Connection& connection) {
  std::size_t sent = 0;
  while (sent < kTotal) {
    const std::string_view piece = pattern.at(sent, kTotal - sent);
    const std::size_t n = connection.send_until_stalled(piece, kStalled);
    sent += n;
    if (n < piece.size()) break;
  }
  return sent;
}

/// Reads and checks; returns how much came before the end, or before a wrong byte.
std::size_t receive_pattern(Connection& connection) {
  std::size_t received = 0;
  while (received < kTotal) {
    const std::string bytes = connection.read_at_most(kTotal - received);
    if (bytes.empty() || !pattern.matches(received, bytes)) break;
    received += bytes.size();
  }
  return received;
}

std::string length_field() {
  return "Content-Length: " + std::to_string(kTotal) + "\r\n";
}

class H1Backpressure : public H1ToH1 {
 protected:
  static Fd accept_one(const Fd& listener) {
    pollfd waiting{listener.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) throw TimedOut("nobody connects");
    return Fd(must(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept"));
  }
  /// From clients, in bytes.
  static std::string received(const Gateway& gateway) {
    return metric_in(gateway.admin("/metrics").body, "penstock_received_bytes_total");
  }
  void expect_flat(Gateway& gateway, std::size_t before) {
    if (kSanitized) return;
    EXPECT_LT(gateway.process().resident_bytes(), before + kGrowthMax);
  }
};

TEST_F(H1Backpressure, AClientThatDoesNotReadPausesTheBackend) {
  Gateway gateway(backend);
  const auto first_part = std::make_shared<std::atomic<std::size_t>>(0);
  backend.on_request([first_part](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\n" + length_field() + "\r\n");
    const std::size_t sent = fill(exchange.connection());
    *first_part = sent;
    exchange.stall();
    send_pattern(exchange.connection(), sent, kTotal);
  });
  const std::size_t before = gateway.process().resident_bytes();
  Client client(gateway);
  client.send(get("/"));
  client.head();
  ASSERT_TRUE(eventually([&] { return *first_part > 0; }));
  EXPECT_LT(*first_part, kTotal / 2) << "the backend was never paused";
  expect_flat(gateway, before);

  backend.release();
  EXPECT_EQ(receive_pattern(client), kTotal);
  expect_flat(gateway, before);
}

TEST_F(H1Backpressure, ABackendThatDoesNotReadPausesTheClient) {
  Gateway gateway(backend, {.listener = "max: { body: unlimited }"});
  backend.on_head([](Exchange& exchange) {
    exchange.connection().forget_bytes();
    exchange.stall();
    exchange.ok(std::to_string(receive_pattern(exchange.connection())));
  });
  const std::size_t before = gateway.process().resident_bytes();
  Client client(gateway);
  client.send(request("POST", "/", length_field()));
  const std::size_t first_part = fill(client);
  EXPECT_LT(first_part, kTotal / 2) << "the client was never paused";
  expect_flat(gateway, before);

  backend.release();
  send_pattern(client, first_part, kTotal);
  EXPECT_EQ(client.response().body, std::to_string(kTotal));
  expect_flat(gateway, before);
}

/// Such a request was not taken for complete, its answer for an early one, and the connection was closed behind it.
TEST_F(H1Backpressure, AnUploadWhoseLastBytesMeetASlowBackendKeepsItsConnection) {
  const Fd listener = listen_on(SocketAddress::ipv4());
  const int little = 16 << 10;
  must(::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little), "SO_RCVBUF");
  Gateway gateway(gateway_yaml(SocketAddress::of(listener).text()));
  std::optional<Connection> slow;
  std::size_t sent = 0;
  // With one of these sizes it is the last piece that fills the socket to the backend.
  for (std::size_t size = 64 << 10; size < 4 << 20; size += 32 << 10) {
    const std::string upload = post("/", std::string(size, 'x'));
    Client client(gateway);
    client.send(upload);
    sent += upload.size();
    if (!slow) slow.emplace(accept_one(listener));
    if (!eventually([&] { return received(gateway) == std::to_string(sent); }, kStalled)) {
      EXPECT_GT(size, std::size_t{128} << 10) << "hardly anything was tried";
      return;  // too much to be taken all at once
    }
    slow->read_until("\r\n\r\n");
    slow->read_exactly(size);
    slow->send("HTTP/1.1 204 No Content\r\n\r\n");
    ASSERT_FALSE(client.response().fields.has("Connection")) << size << " bytes";
  }
}

TEST_F(H1Backpressure, ChunksArePausedLikeAnyBody) {
  Gateway gateway(backend);
  const std::string piece(100'000, 'c');
  constexpr int kPieces = 500;
  backend.on_request([piece](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < kPieces; ++i) exchange.reply(chunk(piece));
    exchange.reply(kLastChunk);
  });
  const std::size_t before = gateway.process().resident_bytes();
  Client client(gateway);
  client.send(get("/"));
  EXPECT_TRUE(backend.request().complete);
  EXPECT_FALSE(client.stays_quiet(kStalled));
  expect_flat(gateway, before);
  const Message answer = client.response();
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body.size(), piece.size() * kPieces);
}

TEST_F(H1Backpressure, AStalledClientDoesNotHoldUpAnother) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/small") return exchange.ok("ok");
    exchange.reply("HTTP/1.1 200 OK\r\n" + length_field() + "\r\n");
    fill(exchange.connection());
    exchange.await_close();
  });
  Client stalled(gateway);
  stalled.send(get("/large"));
  stalled.head();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Client(gateway).get("/small").body, "ok");
  stalled.close();
}

}  // namespace
}  // namespace penstock::e2e
