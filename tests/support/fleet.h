// Several backends behind one upstream, and who of them was asked.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/backend.h"
#include "tests/support/gateway.h"

namespace penstock::e2e {

/// Backends that answer with their number: "0", "1", … From the test's own thread.
class Fleet {
 public:
  explicit Fleet(std::size_t size);

  Backend& operator[](std::size_t index) { return *backends_.at(index); }
  std::size_t size() const { return backends_.size(); }

  /// Each as the configuration writes it; `with[i]` are further keys of endpoint i ("weight: 3").
  std::vector<std::string> endpoints(const std::vector<std::string>& with = {}) const;
  std::string yaml(const Additions& additions, const std::vector<std::string>& with = {}) const {
    return gateway_yaml(endpoints(with), additions);
  }

  /// Stops a backend: connections to it are refused from now on.
  void kill(std::size_t index);
  /// Starts it again, at the same address.
  void revive(std::size_t index);

 private:
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<SocketAddress> addresses_;
  std::vector<Fd> placeholders_;  ///< bound but not listening: a killed backend's port is nobody else's
};

/// What a client met in so many requests, one after the other on one connection.
struct Met {
  std::vector<std::size_t> answers;  ///< by the backend's number
  std::size_t errors = 0;            ///< answers other than 200
};

/// `fields` are those of each request.
Met ask(const Gateway& gateway, const Fleet& fleet, std::size_t requests, std::string_view fields = "");

}  // namespace penstock::e2e
