// A stand-in for a Eureka server, after its public REST description: whole registry, delta with the hash, register,
// renew, cancel, status.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/backend.h"

namespace penstock::e2e {

struct EurekaEntry {
  std::string ip = "10.0.0.1";
  int port = 80;
  std::string status = "UP";
  std::string metadata = R"({"@class":"java.util.Collections$EmptyMap"})";
  std::string body{};  ///< what a client has registered; empty: made of the above
};

/// The test may call everything from its own thread at any time.
class EurekaServer {
 public:
  EurekaServer();

  /// Up to and with the context path.
  std::string url() const { return "http://" + server_.address() + "/eureka"; }
  Backend& server() { return server_; }

  /// Registers, or changes.
  void put(const std::string& app, const std::string& id, const EurekaEntry& entry);
  void remove(const std::string& app, const std::string& id);
  bool has(const std::string& app, const std::string& id) const;
  std::string body_of(const std::string& app, const std::string& id) const;
  /// As after a restart of the server: nobody is registered.
  void forget_everybody();
  /// As after three minutes: deltas tell of later changes only.
  void forget_changes();
  /// `status_line` is what a delta is answered with from now on: "404 Not Found", or Netflix' "403 Forbidden".
  void turn_deltas_off(const std::string& status_line = "404 Not Found");
  /// Old servers write an object where a list has one item.
  void write_single_items_bare();
  /// Answers everything with these bytes; none: as it should.
  void misbehave(const std::string& bytes);

  /// "GET /eureka/apps", as often as they came.
  std::vector<std::string> requests() const;
  std::size_t count(const std::string& request) const;

 private:
  struct Change {
    std::string app, id, action;
    EurekaEntry entry;
  };
  using ById = std::map<std::string, EurekaEntry>;

  void serve(Exchange& exchange);
  std::string answer(const std::string& method, std::string path, const std::string& body);
  std::string hash() const;
  std::string list(const std::vector<std::string>& items) const;
  std::string whole() const;
  std::string delta() const;
  std::string applications(const std::map<std::string, std::vector<std::string>>& by_app) const;

  mutable std::mutex mutex_;
  std::map<std::string, ById> apps_;
  std::vector<Change> changes_;
  std::vector<std::string> requests_;
  std::string bytes_;
  std::string no_deltas_;  ///< the answer to whoever asks for a delta; empty: there are deltas
  bool bare_ = false;
  Backend server_;  ///< the last: its threads end first
};

}  // namespace penstock::e2e
