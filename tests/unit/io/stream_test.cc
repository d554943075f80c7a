#include "gateway/io/stream.h"

#include <string>

#include "gateway/io/address.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::io {
namespace {

const std::string kLarge(100'000, 'L');

class StreamTest : public LoopTest {
 protected:
  Recorder told;
  StreamPtr stream;
  Peer peer;

  void open(std::pair<int, Peer> pair) {
    stream = Stream::adopt(loop, pair.first, told);
    peer = std::move(pair.second);
  }
  /// Each send() of the stream is one receive() of the peer.
  void open_packets() { open(local_pair(SOCK_SEQPACKET)); }
  void prepare(Stream& s, std::string_view text, std::size_t room) {
    char* space = s.prepare(room);
    text.copy(space, text.size());
    s.commit(text.size());
  }
  /// All that the peer gets until it has `size` bytes.
  std::string receive(std::size_t size) {
    std::string all;
    run_until([&] {
      for (std::string piece = peer.receive(); piece != "(nothing)" && piece != "(end)"; piece = peer.receive())
        all += piece;
      turn();
      return all.size() >= size;
    });
    return all;
  }
  /// Writes until the socket takes no more, and returns what was written.
  std::string congest() {
    std::string all;
    while (!stream->congested()) {
      stream->write(kLarge);
      all += kLarge;
    }
    return all;
  }
};

TEST_F(StreamTest, SmallWritesAreSentTogetherAtTheTurnsEnd) {
  open_packets();
  stream->write("a");
  stream->write({"b", "", "c"});
  EXPECT_EQ(peer.receive(), "(nothing)");
  EXPECT_EQ(stream->unsent(), 3u);
  turn();
  EXPECT_EQ(peer.receive(), "abc");
  EXPECT_EQ(stream->unsent(), 0u);
  EXPECT_EQ(stream->sent(), 3u);
}

TEST_F(StreamTest, ALargeWriteIsSentAtOnceWithWhatWasWrittenBefore) {
  open_packets();
  stream->write("head");
  stream->write({"1000\r\n", kLarge, "\r\n"});
  EXPECT_EQ(peer.receive(), "head1000\r\n" + kLarge + "\r\n");
  turn();
  EXPECT_EQ(peer.receive(), "(nothing)");
}

TEST_F(StreamTest, PreparedBytesGoOutInOrderWithOthers) {
  open_packets();
  stream->write("1");
  prepare(*stream, "22", 500);
  stream->write("3");
  turn();
  EXPECT_EQ(peer.receive(), "1223");
}

TEST_F(StreamTest, TwoStreamsThatTakeTurnsKeepTheirBytesApart) {
  open_packets();
  auto [fd, other_peer] = local_pair(SOCK_SEQPACKET);
  StreamPtr other = Stream::adopt(loop, fd, told);
  for (const char* text : {"a", "b", "c"}) {
    prepare(*stream, text, 10);
    other->write(text);
    prepare(*other, text, 10);
    stream->write(text);
  }
  turn();
  EXPECT_EQ(peer.receive(), "aabbcc");
  EXPECT_EQ(other_peer.receive(), "aabbcc");
}

TEST_F(StreamTest, MoreThanTheArenaHoldsIsGatheredElsewhere) {
  open(local_pair());
  auto [fd, other_peer] = local_pair();
  StreamPtr other = Stream::adopt(loop, fd, told);
  const std::string most(200 << 10, 'm');
  prepare(*stream, most, most.size());
  prepare(*other, kLarge, kLarge.size());
  prepare(*other, "!", 300 << 10);
  EXPECT_EQ(other->unsent(), kLarge.size() + 1);
  EXPECT_EQ(told.congested, 0);
  EXPECT_EQ(receive(most.size()), most);
  peer = std::move(other_peer);
  EXPECT_EQ(receive(kLarge.size() + 1), kLarge + "!");
}

TEST_F(StreamTest, ASlowPeerCongestsItOnceAndDrainsItOnce) {
  open(local_pair());
  const std::string all = congest();
  EXPECT_EQ(told.congested, 0);  // never from inside a call
  turn();
  EXPECT_EQ(told.congested, 1);
  EXPECT_GT(stream->unsent(), 0u);
  EXPECT_EQ(receive(all.size()), all);
  EXPECT_EQ(told.drained, 1);
  EXPECT_FALSE(stream->congested());
  EXPECT_EQ(stream->sent(), all.size());
}

// What was sent at the turn's end and only taken in part was told twice.
TEST_F(StreamTest, CongestionAtTheTurnsEndIsToldOnce) {
  open(local_pair());
  const std::string small(7'000, 's');
  while (told.congested == 0) {
    for (int i = 0; i < 35; ++i) stream->write(small);
    turn();
  }
  EXPECT_EQ(told.congested, 1);
}

TEST_F(StreamTest, WritesDuringCongestionKeepTheirOrder) {
  open(local_pair());
  std::string all = congest();
  stream->write("small");
  prepare(*stream, "prepared", 100);
  stream->write({"x", kLarge});
  all += "smallpreparedx" + kLarge;
  EXPECT_EQ(receive(all.size()), all);
}

TEST_F(StreamTest, FinishSendsAllAndThenTheEnd) {
  open(local_pair());
  stream->write("last");
  stream->finish();
  turn();
  EXPECT_EQ(peer.receive(), "last");
  EXPECT_EQ(peer.receive(), "(end)");
}

TEST_F(StreamTest, FinishWaitsForACongestedPeer) {
  open(local_pair());
  const std::string all = congest();
  stream->finish();
  EXPECT_EQ(receive(all.size()), all);
  EXPECT_TRUE(run_until([&] { return peer.receive() == "(end)"; }));
}

TEST_F(StreamTest, TellsBytesAndThenTheEnd) {
  open(local_pair());
  peer.send("hello");
  peer.finish();
  EXPECT_TRUE(run_until([&] { return told.eof; }));
  EXPECT_EQ(told.bytes, "hello");
  stream->write("still here");
  turn();
  EXPECT_EQ(peer.receive(), "still here");
  turn();
  EXPECT_EQ(told.eof, 1);
}

TEST_F(StreamTest, PausedItReadsNothing) {
  open(local_pair());
  stream->pause_reading();
  peer.send("hello");
  turn();
  turn();
  EXPECT_EQ(told.bytes, "");
  stream->resume_reading();
  EXPECT_TRUE(run_until([&] { return told.bytes == "hello"; }));
}

TEST_F(StreamTest, PausedItTellsAnEndOnlyAfterTheBytesBeforeIt) {
  open(tcp_pair());
  stream->pause_reading();
  peer.send("hello");
  peer.finish();
  turn();
  turn();
  EXPECT_EQ(told.eof + told.errors, 0);
  stream->resume_reading();
  EXPECT_TRUE(run_until([&] { return told.eof; }));
  EXPECT_EQ(told.bytes, "hello");
}

TEST_F(StreamTest, AResetIsAnError) {
  open(tcp_pair());
  peer.reset();
  EXPECT_TRUE(run_until([&] { return told.errors; }));
  EXPECT_EQ(told.error, ECONNRESET);
  EXPECT_EQ(told.eof, 0);
}

TEST_F(StreamTest, PausedItTellsAResetAtOnce) {
  open(tcp_pair());
  stream->pause_reading();
  peer.reset();
  EXPECT_TRUE(run_until([&] { return told.errors; }));
  EXPECT_EQ(told.error, ECONNRESET);
}

TEST_F(StreamTest, AWriteToAGonePeerIsAnErrorAtTheTurnsEnd) {
  open(local_pair());
  stream->pause_reading();
  peer.close();
  stream->write(kLarge);
  EXPECT_EQ(told.errors, 0);
  turn();
  EXPECT_EQ(told.errors, 1);
  EXPECT_EQ(told.error, EPIPE);
  stream->write("more");  // is of no use, and does no harm
  turn();
  EXPECT_EQ(told.errors, 1);
}

TEST_F(StreamTest, DroppingItEndsTheConnectionWithoutWhatWasNotSent) {
  open(tcp_pair());
  stream->write("never");
  stream.reset();
  turn();
  EXPECT_EQ(peer.receive(), "(end)");
}

TEST_F(StreamTest, ResetOnCloseLetsThePeerTellThatTheEndIsNone) {
  open(tcp_pair());
  stream->reset_on_close();
  stream.reset();
  EXPECT_EQ(peer.receive(), "(reset)");
}

TEST_F(StreamTest, AnyCallbackMayCloseIt) {
  told.close_in_any = &stream;
  open(local_pair());
  peer.send("bytes");
  EXPECT_TRUE(run_until([&] { return !stream; }));
  open(local_pair());
  peer.finish();
  EXPECT_TRUE(run_until([&] { return !stream; }));
  open(tcp_pair());
  peer.reset();
  EXPECT_TRUE(run_until([&] { return !stream; }));
  open(local_pair());
  congest();
  turn();
  EXPECT_FALSE(stream);
  open(local_pair());
  peer.close();
  stream->write(kLarge);
  turn();
  EXPECT_FALSE(stream);
}

TEST_F(StreamTest, DrainingMayCloseIt) {
  open(local_pair());
  const std::string all = congest();
  turn();
  told.close_in_any = &stream;
  receive(all.size());
  EXPECT_FALSE(stream);
  EXPECT_EQ(told.drained, 1);
}

class ConnectTest : public StreamTest {
 protected:
  void connect(const SocketAddress& to) {
    stream = Stream::connect(loop, to, told);
    ASSERT_TRUE(stream);
  }
  /// To a listener of our own.
  void connect() {
    auto [listening, address] = bound_socket(true);
    listener_ = std::move(listening);
    connect(address);
  }
  void accept() { peer = Peer(::accept(listener_.fd(), nullptr, nullptr)); }

 private:
  Peer listener_;
};

TEST_F(ConnectTest, TellsOnceThatItStands) {
  connect();
  EXPECT_EQ(told.connected, 0);
  EXPECT_TRUE(run_until([&] { return told.connected; }));
  accept();
  peer.send("hi");
  EXPECT_TRUE(run_until([&] { return told.bytes == "hi"; }));
  EXPECT_EQ(told.connected, 1);
}

TEST_F(ConnectTest, WhatIsWrittenBeforeIsSentThen) {
  connect();
  stream->write("a");
  stream->write(kLarge);
  EXPECT_FALSE(stream->congested());
  accept();
  EXPECT_EQ(receive(1 + kLarge.size()), "a" + kLarge);
}

// It was left in the arena, which belongs to others from the turn's end on.
TEST_F(ConnectTest, WhatIsPreparedBeforeIsSentThen) {
  connect();
  prepare(*stream, "head", 100);
  accept();
  EXPECT_EQ(receive(4), "head");
}

TEST_F(ConnectTest, RefusalIsAnError) {
  const auto [bound, address] = bound_socket();
  connect(address);
  EXPECT_EQ(told.errors, 0);
  EXPECT_TRUE(run_until([&] { return told.errors; }));
  EXPECT_EQ(told.error, ECONNREFUSED);
  EXPECT_EQ(told.connected, 0);
}

TEST_F(ConnectTest, ASocketFileThatIsNotThereIsAnErrorAtTheTurnsEnd) {
  connect(SocketAddress::from_unix("/nowhere/at/all.sock").value());
  EXPECT_EQ(told.errors, 0);
  turn();
  EXPECT_EQ(told.error, ENOENT);
}

}  // namespace
}  // namespace penstock::io
