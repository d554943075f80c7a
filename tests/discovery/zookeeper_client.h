// Speaks ZooKeeper's protocol by itself, so that what a registry's client does is seen by somebody who does not use its
// library: jute records, big endian (zookeeper-jute/src/main/resources/zookeeper.jute).
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/socket.h"

namespace penstock::discovery {

/// One session, which its end closes. Throws e2e::HarnessError.
class ZooKeeperClient {
 public:
  struct Node {
    std::string data;
    std::int64_t owner = 0;  ///< a session's id; 0: the node is not ephemeral
    friend bool operator==(const Node&, const Node&) = default;
  };
  static constexpr std::int32_t kNoNode = -101;

  /// proof: "user:password", or nobody's.
  explicit ZooKeeperClient(std::uint16_t port, const std::string& proof = {})
      : socket_(e2e::connect_to(e2e::SocketAddress::ipv4(port))) {
    send(number(0, 4) + number(0, 8) + number(30'000, 4) + number(0, 8) + text(std::string(16, '\0')));
    receive();
    if (proof.empty()) return;
    send(number(-4, 4) + number(100, 4) + number(0, 4) + text("digest") + text(proof));
    receive();
  }
  ~ZooKeeperClient() {
    try {
      ask(-11, "");
    } catch (const e2e::HarnessError&) {
    }
  }

  /// With its parents.
  void create(const std::string& path, const std::string& data = {}) { create_all({{path, data}}); }
  void create_all(const std::vector<std::pair<std::string, std::string>>& nodes) {
    std::size_t asked = 0;
    std::string parent;
    for (const auto& [path, data] : nodes) {
      const bool same_parent = path.substr(0, path.rfind('/')) == parent;
      for (std::size_t end = path.find('/', 1); end != path.npos && !same_parent; end = path.find('/', end + 1)) {
        ask_to_create(path.substr(0, end), "", kEveryone), ++asked;
      }
      parent = path.substr(0, path.rfind('/'));
      ask_to_create(path, data, kEveryone), ++asked;
    }
    while (asked-- > 0) receive();
  }
  /// For whoever proves to be who this one has proved to be.
  void create_for_me(const std::string& path, const std::string& data) {
    ask_to_create(path, data, number(1, 4) + number(31, 4) + text("auth") + text(""));
    receive();
  }
  void set(const std::string& path, const std::string& data) { order(5, text(path) + text(data) + number(-1, 4)); }
  void remove(const std::string& path) { order(2, text(path) + number(-1, 4)); }
  std::optional<Node> get(const std::string& path) {
    const std::string answer = ask(4, text(path) + '\0');
    if (read(answer, 12, 4) == kNoNode) return std::nullopt;
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(0, read(answer, 16, 4)));
    // Stat: four times 8 bytes, three times 4, then the owner.
    return Node{answer.substr(20, size), read(answer, 20 + size + 4 * 8 + 3 * 4, 8)};
  }
  /// The names of a node's children; none if there is no such node.
  std::vector<std::string> children(const std::string& path) {
    const std::string answer = ask(8, text(path) + '\0');
    std::vector<std::string> names;
    if (read(answer, 12, 4) == kNoNode) return names;
    std::size_t at = 20;
    for (std::int64_t left = read(answer, 16, 4); left > 0; --left) {
      const auto size = static_cast<std::size_t>(read(answer, at, 4));
      names.push_back(answer.substr(at + 4, size));
      at += 4 + size;
    }
    return names;
  }

 private:
  inline static const std::string kEveryone =
      std::string("\0\0\0\1\0\0\0\37\0\0\0\5world\0\0\0\6anyone", 4 + 4 + 9 + 10);

  static std::string number(std::int64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
    return out;
  }
  static std::string text(const std::string& value) {
    return number(static_cast<std::int64_t>(value.size()), 4) + value;
  }
  static std::int64_t read(std::string_view from, std::size_t at, std::size_t bytes) {
    if (from.size() < at + bytes) throw e2e::HarnessError("ZooKeeper's answer is too short");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(from[at + i]);
    return bytes == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }

  void ask_to_create(const std::string& path, const std::string& data, const std::string& acl) {
    send(number(++xid_, 4) + number(1, 4) + text(path) + text(data) + acl + number(0, 4));
  }
  std::string ask(int type, const std::string& record) {
    send(number(++xid_, 4) + number(type, 4) + record);
    return receive();
  }
  void order(int type, const std::string& record) {
    const std::int64_t error = read(ask(type, record), 12, 4);
    if (error != 0) throw e2e::HarnessError("ZooKeeper answers " + std::to_string(error));
  }

  void send(const std::string& packet) {
    const std::string bytes = text(packet);
    const e2e::Deadline deadline;
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t n = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n > 0) sent += static_cast<std::size_t>(n);
      if (n <= 0) wait(POLLOUT, deadline);
    }
  }
  /// xid, zxid, error, and what belongs to the answer; of the first answer, what it has.
  std::string receive() {
    const e2e::Deadline deadline;
    const auto size = static_cast<std::size_t>(read(receive(4, deadline), 0, 4));
    return receive(size, deadline);
  }
  std::string receive(std::size_t size, const e2e::Deadline& deadline) {
    std::string out(size, '\0');
    for (std::size_t got = 0; got < size;) {
      const ssize_t n = ::recv(socket_.get(), out.data() + got, size - got, 0);
      if (n == 0) throw e2e::HarnessError("ZooKeeper has closed the connection");
      if (n > 0) got += static_cast<std::size_t>(n);
      if (n < 0) wait(POLLIN, deadline);
    }
    return out;
  }
  void wait(short events, const e2e::Deadline& deadline) {
    pollfd fd{socket_.get(), events, 0};
    if (::poll(&fd, 1, deadline.remaining_ms()) != 1) throw e2e::TimedOut("ZooKeeper does not answer");
  }

  e2e::Fd socket_;
  std::int32_t xid_ = 0;
};

}  // namespace penstock::discovery
