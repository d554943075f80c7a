#include "gateway/process/inheritance.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace penstock {
namespace {

constexpr const char* kVariable = "PENSTOCK_UPGRADE";
constexpr std::string_view kVersion = "1";
constexpr int kChannel = 3;
constexpr int kState = 4;
constexpr int kFirstUpgradeSocket = 5;
constexpr int kFirstActivationSocket = 3;  // SD_LISTEN_FDS_START
constexpr const char* kSockets = "sockets";
constexpr off_t kMostState = 256 << 20;
constexpr int kMostSockets = 65'536;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::optional<int> number(const std::string& text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

bool listens(int fd) {
  int on = 0;
  socklen_t size = sizeof(on);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) == 0 && on != 0;
}

std::string read_state(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || status.st_size > kMostState) throw std::runtime_error("no state was handed over");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got <= 0) throw std::runtime_error("the state that was handed over can't be read");
    done += static_cast<std::size_t>(got);
  }
  ::close(fd);
  return bytes;
}

int state_in_memory(const std::string& bytes) {
  const int fd = ::memfd_create("penstock-state", MFD_CLOEXEC);
  if (fd < 0) throw std::runtime_error("no memory for the state to be handed over");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (wrote > 0) {
      done += static_cast<std::size_t>(wrote);
      continue;
    }
    ::close(fd);
    throw std::runtime_error("no memory for the state to be handed over");
  }
  return fd;
}

}  // namespace

Inheritance Inheritance::of_this_process() {
  Inheritance inheritance;
  if (!variable(kVariable).empty()) {
    inheritance.read_upgrade();
  } else if (number(variable("LISTEN_PID")) == ::getpid()) {
    inheritance.read_activation();
  }
  for (const char* name : {kVariable, "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return inheritance;
}

void Inheritance::read_upgrade() {
  if (variable(kVariable) != kVersion) {
    throw std::runtime_error("the process before hands over in another way: stop it and start this one");
  }
  ::fcntl(kChannel, F_SETFD, FD_CLOEXEC);
  ::fcntl(kState, F_SETFD, FD_CLOEXEC);
  auto values = unpacked_key_values(read_state(kState));
  const auto names = values ? unpacked((*values)[kSockets]) : std::nullopt;
  if (!names || names->size() % 2 != 0) throw std::runtime_error("the state that was handed over makes no sense");
  for (std::size_t i = 0; i < names->size(); i += 2) {
    const int fd = kFirstUpgradeSocket + static_cast<int>(i / 2);
    if (!listens(fd)) throw std::runtime_error("what was handed over as " + (*names)[i] + " does not listen");
    sockets_.push_back({(*names)[i], (*names)[i + 1] == "ours", io::ListeningSocket::adopt(fd)});
    sockets_.back().socket->leave_path();
  }
  values->erase(kSockets);
  learned_ = std::move(*values);
  channel_ = kChannel;
}

void Inheritance::read_activation() {
  const auto count = number(variable("LISTEN_FDS"));
  if (!count || *count > kMostSockets) throw std::runtime_error("LISTEN_FDS is no number of sockets");
  std::istringstream names(variable("LISTEN_FDNAMES"));
  for (int i = 0; i < *count; ++i) {
    const int fd = kFirstActivationSocket + i;
    std::string name;
    std::getline(names, name, ':');
    if (!listens(fd)) throw std::runtime_error("LISTEN_FDS: " + name + ": not a socket that listens");
    sockets_.push_back({name, false, io::ListeningSocket::adopt(fd)});
    sockets_.back().socket->leave_path();
  }
}

std::vector<HandedSocket> Inheritance::take(const std::string& name, const io::SocketAddress& address) {
  std::vector<HandedSocket> taken;
  const auto is_of = [&](const HandedSocket& socket) {
    return socket.is_ours ? socket.name == name : socket.socket->address() == address;
  };
  const auto rest = std::stable_partition(sockets_.begin(), sockets_.end(), [&](const auto& s) { return !is_of(s); });
  std::move(rest, sockets_.end(), std::back_inserter(taken));
  sockets_.erase(rest, sockets_.end());
  return taken;
}

void Inheritance::settle() {
  std::erase_if(sockets_, [](const HandedSocket& socket) { return socket.is_ours; });
  learned_.clear();
  channel_ = -1;
}

Inheritance::Bequest Inheritance::bequeath(const std::vector<HandedSocket>& sockets, KeyValues learned, int channel) {
  std::vector<std::string> names;
  for (const HandedSocket& socket : sockets) {
    names.push_back(socket.name);
    names.emplace_back(socket.is_ours ? "ours" : "lent");
  }
  learned[kSockets] = packed(names);
  Bequest bequest;
  bequest.state_fd = state_in_memory(packed(learned));
  bequest.variable = std::string(kVariable) + "=" + std::string(kVersion);
  bequest.descriptors = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, channel, bequest.state_fd};
  for (const HandedSocket& socket : sockets) bequest.descriptors.push_back(socket.socket->fd());
  return bequest;
}

}  // namespace penstock
