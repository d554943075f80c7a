#include "tests/support/zookeeper_server.h"

#include <sys/socket.h>

#include <filesystem>

namespace penstock::e2e {
namespace {

constexpr const char* kJar = "/usr/share/java/zookeeper.jar";

}  // namespace

std::string ZooKeeperServer::why_skip() {
  return e2e::why_skip({kJar, "java"});
}

ZooKeeperServer::ZooKeeperServer() {
  directory_.write("zoo.cfg", "dataDir=" + directory_.path("data") +
                                  "\nclientPortAddress=127.0.0.1\nclientPort=" + std::to_string(port()) +
                                  "\nadmin.enableServer=false\ntickTime=100\nmaxSessionTimeout=60000\n"
                                  "forceSync=no\nmaxClientCnxns=0\n4lw.commands.whitelist=ruok\n");
  const std::vector<std::string> arguments{"java",
                                           "-Xmx128m",
                                           "-XX:TieredStopAtLevel=1",
                                           "-XX:+UseSerialGC",
                                           "-Xshare:auto",
                                           "-cp",
                                           kJar,
                                           "org.apache.zookeeper.server.ZooKeeperServerMain",
                                           directory_.path("zoo.cfg")};
  server_ = std::make_unique<RealServer>(arguments, [this] { return serves(); });
  server_->start();
}

void ZooKeeperServer::start_empty() {
  kill();
  std::filesystem::remove_all(directory_.path("data"));
  start();
}

/// It answers "ruok" before it knows its data, but sessions only once it does: so a session it is.
bool ZooKeeperServer::serves() const try {
  // ConnectRequest: length, protocol version, last zxid, timeout of 200 ms, session id, empty password.
  std::string request(4 + 28, '\0');
  request[3] = 28;
  request[4 + 4 + 8 + 3] = '\xc8';
  const Fd socket = connect_to(SocketAddress::ipv4(port()));
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
  char answer = 0;
  return eventually([&] { return ::recv(socket.get(), &answer, 1, 0) >= 0; }, milliseconds(200)) &&
         ::recv(socket.get(), &answer, 1, 0) == 1;
} catch (const HarnessError&) {
  return false;
}

}  // namespace penstock::e2e
