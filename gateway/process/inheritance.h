// What a process is started with besides its configuration: listening sockets, from the process that it is to replace
// or from the service manager (socket activation), and what the former has learned.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/base/key_values.h"
#include "gateway/io/listening_socket.h"

namespace penstock {

/// A socket on its way from one process to the next.
struct HandedSocket {
  std::string name;     ///< of the listener that it is of, or the service manager's name for it
  bool is_ours = true;  ///< false: lent by the service manager, which keeps it and a Unix socket's path
  std::shared_ptr<io::ListeningSocket> socket;
};

/// Belongs to the control thread. Sockets that nobody takes are closed with it.
class Inheritance {
 public:
  Inheritance() = default;
  /// Reads the environment (PENSTOCK_UPGRADE; LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES of sd_listen_fds(3)). Once,
  /// before any descriptor is opened. Throws std::runtime_error if that makes no sense.
  static Inheritance of_this_process();

  /// The sockets of a listener: our own by its name (its port may be any), those that are lent by its address.
  std::vector<HandedSocket> take(const std::string& name, const io::SocketAddress& address);
  const std::vector<HandedSocket>& left() const { return sockets_; }
  /// All that was for the start goes; what is lent stays, for configurations to come.
  void settle();

  /// What the process before has learned; empty without one.
  const KeyValues& learned() const { return learned_; }
  /// To the process before; -1 without one. The caller's from then on.
  int channel() const { return channel_; }
  bool is_upgrade() const { return channel_ >= 0; }

  // ---- the other side
  /// What a process must be started with: descriptors from 0 on, and a variable for its environment. The state is put
  /// into memory that both can read. Throws std::runtime_error.
  struct Bequest {
    std::vector<int> descriptors;
    std::string variable;
    int state_fd = -1;  ///< the caller closes it
  };
  static Bequest bequeath(const std::vector<HandedSocket>& sockets, KeyValues learned, int channel);

 private:
  void read_upgrade();
  void read_activation();

  std::vector<HandedSocket> sockets_;
  KeyValues learned_;
  int channel_ = -1;
};

}  // namespace penstock
