#include <sys/socket.h>

#include "tests/unit/io/tls_fixture.h"

namespace penstock::io {
namespace {

std::string long_text(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

class TlsStreamTest : public TlsTest {
 protected:
  void open() { ASSERT_EQ(handshake(make(server_parts("DNS:api.example")), make(client_parts()), "api.example"), ""); }
  /// The server's side as a stream, the client's as a bare socket.
  Peer open_bare(const ServerTlsPtr& tls) {
    auto [fd, peer] = tcp_pair();
    server_stream = Stream::adopt(loop, fd, server);
    server_stream->secure(tls);
    return std::move(peer);
  }
};

TEST_F(TlsStreamTest, BothSidesHearOfTheHandshakesEnd) {
  open();
  EXPECT_EQ(server.connected, 1);
  EXPECT_EQ(client.connected, 1);
  EXPECT_STREQ(server_stream->tls()->version(), "TLSv1.3");
  EXPECT_EQ(server_stream->tls()->server_name(), "api.example");
  EXPECT_EQ(client_stream->sent(), 0u) << "a handshake is not a request";
}

TEST_F(TlsStreamTest, SmallWritesOfATurnArriveTogether) {
  open();
  client_stream->write("GET ");
  client_stream->write({"/", " HTTP/1.1"});
  EXPECT_EQ(client_stream->unsent(), 14u);
  ASSERT_TRUE(run_until([&] { return server.bytes == "GET / HTTP/1.1"; }));
  EXPECT_EQ(client_stream->unsent(), 0u);
  EXPECT_GT(client_stream->sent(), 14u);
}

TEST_F(TlsStreamTest, LargeWritesArriveWholeAndInOrder) {
  open();
  const std::string body = long_text(1 << 20);
  server_stream->write("head");
  server_stream->write({"100000\r\n", body, "\r\n"});
  server_stream->write("tail");
  ASSERT_TRUE(run_until([&] { return client.bytes.size() >= body.size() + 18; }));
  EXPECT_EQ(client.bytes, "head100000\r\n" + body + "\r\ntail");
}

TEST_F(TlsStreamTest, TellsOfCongestionAndOfItsEnd) {
  open();
  client_stream->pause_reading();
  std::string all;
  ASSERT_TRUE(run_until([&] {
    if (server.congested) return true;
    const std::string piece = long_text(100'000);
    server_stream->write(piece);
    all += piece;
    return false;
  }));
  server_stream->write("the end");
  EXPECT_GT(server_stream->unsent(), 0u);
  client_stream->resume_reading();
  ASSERT_TRUE(run_until([&] { return server.drained == 1 && client.bytes.size() == all.size() + 7; }));
  EXPECT_EQ(client.bytes, all + "the end");
}

TEST_F(TlsStreamTest, NothingIsTakenInWhileReadingIsPaused) {
  open();
  server_stream->pause_reading();
  client_stream->write(long_text(8 << 20));
  ASSERT_TRUE(run_until([&] { return client.congested == 1; }));
  turn();
  EXPECT_EQ(server.bytes, "");
  server_stream->resume_reading();
  ASSERT_TRUE(run_until([&] { return server.bytes.size() == 8 << 20; }));
  EXPECT_EQ(server.bytes, long_text(8 << 20));
}

TEST_F(TlsStreamTest, TheEndIsToldAndAnswered) {
  open();
  client_stream->write("last words");
  client_stream->finish();
  ASSERT_TRUE(run_until([&] { return server.eof == 1; }));
  EXPECT_EQ(server.bytes, "last words");
  server_stream->write("farewell");
  server_stream->finish();
  ASSERT_TRUE(run_until([&] { return client.eof == 1; }));
  EXPECT_EQ(client.bytes, "farewell");
  EXPECT_EQ(client.errors + server.errors, 0);
}

TEST_F(TlsStreamTest, AnEndBehindWhatIsNotReadYetWaits) {
  open();
  struct Pausing final : StreamHandler {
    StreamPtr* stream;
    int eof = 0;
    void on_bytes(std::string_view) override { (*stream)->pause_reading(); }
    void on_eof() override { ++eof; }
    void on_error(int) override { ADD_FAILURE(); }
  } pausing;
  pausing.stream = &server_stream;
  server_stream->set_handler(pausing);
  client_stream->write("a");
  client_stream->finish();
  turn(), turn(), turn(), turn();
  EXPECT_EQ(pausing.eof, 0);
  server_stream->resume_reading();
  EXPECT_TRUE(run_until([&] { return pausing.eof == 1; }));
}

TEST_F(TlsStreamTest, AConnectionThatIsCutIsNoEnd) {
  open();
  client_stream->write("half of it");
  ASSERT_TRUE(run_until([&] { return server.bytes == "half of it"; }));
  client_stream.reset();
  ASSERT_TRUE(run_until([&] { return server.errors == 1; }));
  EXPECT_EQ(server.eof, 0);
  EXPECT_EQ(server_stream->tls()->error(), "closed without close_notify");
}

TEST_F(TlsStreamTest, BytesReadBeforeTheHandshakeBelongToIt) {
  auto [listening, address] = bound_socket(true);
  client_stream = Stream::connect(loop, address, client);
  client_stream->secure(make(client_parts()), "api.example", nullptr, "PROXY UNKNOWN\r\n");
  const int fd = ::accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  ASSERT_GE(fd, 0);
  Peer accepted(fd);
  std::string first;
  ASSERT_TRUE(run_until([&] { return (first = accepted.receive()) != "(nothing)"; }));
  ASSERT_THAT(first, ::testing::StartsWith("PROXY UNKNOWN\r\n"));
  server_stream = Stream::adopt(loop, ::dup(fd), server);
  server_stream->secure(make(server_parts("DNS:api.example")), std::string_view(first).substr(15));
  EXPECT_EQ(shake_hands(), "");
}

TEST_F(TlsStreamTest, GarbageIsToldApartFromHttp) {
  ServerTls::Parts parts = server_parts("DNS:api.example");
  parts.plain_answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
  const ServerTlsPtr tls = make(parts);
  Peer peer = open_bare(tls);
  peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server.errors == 1; }));
  EXPECT_EQ(server_stream->tls()->failure(), TlsFailure::plain_http);
  EXPECT_EQ(peer.receive(), parts.plain_answer);
  server = Recorder();
  peer = open_bare(tls);
  peer.send("\x01\x02\x03 is no handshake");
  ASSERT_TRUE(run_until([&] { return server.errors == 1; }));
  EXPECT_EQ(server.error, EPROTO);
  EXPECT_EQ(server_stream->tls()->failure(), TlsFailure::protocol);
}

TEST_F(TlsStreamTest, WhoLeavesDuringTheHandshakeIsAnErrorOfItsOwn) {
  Peer peer = open_bare(make(server_parts("DNS:api.example")));
  peer.close();
  ASSERT_TRUE(run_until([&] { return server.errors == 1; }));
  EXPECT_EQ(server_stream->tls()->failure(), TlsFailure::closed);
}

TEST_F(TlsStreamTest, MayBeClosedByAnyCallback) {
  const ServerTlsPtr tls = make(server_parts("DNS:api.example"));
  connect(tls, make(client_parts()), "api.example");
  server.close_in_any = &server_stream;
  client.close_in_any = &client_stream;
  EXPECT_TRUE(run_until([&] { return !server_stream && !client_stream; }));
}

}  // namespace
}  // namespace penstock::io
