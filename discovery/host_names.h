// The addresses behind names that registries tell: looked up off the loop, again and again, and remembered.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/io/address.h"

namespace penstock::io {
class Loop;
}

namespace penstock::discovery {

/// Belongs to the control thread. A name that can't be resolved (any more) keeps the addresses that it had.
class HostNames {
 public:
  /// Names beyond this are not looked up.
  static constexpr std::size_t kMost = 4096;

  /// `changed`: other addresses than before, or the first answer for a name, whatever it is. Never from within a call.
  HostNames(io::Loop& loop, std::function<void()> changed, std::function<void(const std::string&)> log);
  ~HostNames();

  /// With the port 0; empty while nothing is known. `host` is a name, not an IP literal.
  const std::vector<io::SocketAddress>& addresses_of(const std::string& host);
  /// Some look-ups have not been answered for the first time.
  bool waiting() const;
  /// Only these are looked up from now on.
  void keep_only(const std::vector<std::string>& hosts);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with look-ups under way
};

}  // namespace penstock::discovery
