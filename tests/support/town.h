// A real registry with a service "orders" in it, whatever the registry: for tests that hold for all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace penstock::e2e {

class Town {
 public:
  virtual ~Town() = default;

  /// "127.0.0.1:PORT".
  virtual std::string address() const = 0;
  /// The member of `registries` in the configuration: "zookeeper: { … }". At another address, for who stands in front.
  virtual std::string yaml_at(const std::string& address) const = 0;
  std::string yaml() const { return yaml_at(address()); }
  /// What a server of this kind would send to say that "orders" is empty; "" if that can't be said so.
  virtual std::string empty_answer() const = 0;
  /// What `penstock -c` takes for a key of that name.
  virtual std::string key_argument(const std::string& key) const = 0;

  /// An instance of "orders", "127.0.0.1:PORT".
  virtual void enter(const std::string& address) = 0;
  virtual void leave(const std::string& address) = 0;
  /// How many instances of a service somebody else sees.
  virtual std::size_t count(const std::string& service) = 0;
  virtual void put(const std::string& key, const std::string& value) = 0;

  virtual void kill() = 0;
  /// After kill(), with the same data.
  virtual void start() = 0;
  virtual void freeze() = 0;
  virtual void thaw() = 0;
};

/// Tests take one of these names. `why`: the program is missing; on a build machine nothing may be.
std::unique_ptr<Town> make_town(const std::string& kind, std::string& why);
inline const std::vector<std::string> kTowns = {"zookeeper", "consul", "etcd"};

}  // namespace penstock::e2e
