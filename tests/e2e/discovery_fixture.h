// A gateway that finds its endpoints in a real registry, and clients that ask it all the time.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"
#include "tests/support/town.h"

namespace penstock::e2e {

/// Clients that ask all the time, and how often they were not answered well.
class Crowd {
 public:
  explicit Crowd(const Gateway& gateway, int size = 2) {
    for (int i = 0; i < size; ++i) threads_.emplace_back([this, &gateway] { ask(gateway); });
  }
  ~Crowd() { end(); }
  std::size_t asked() const { return asked_; }
  /// Waits until as many more have been answered.
  bool asks(std::size_t more) {
    const std::size_t until = asked_ + more;
    return eventually([&] { return asked_ >= until; });
  }
  std::size_t end() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return failed_;
  }

 private:
  void ask(const Gateway& gateway) {
    while (!over_) {
      Client client(gateway);
      for (int i = 0; i < 50 && !over_; ++i, ++asked_) failed_ += client.get("/").status() != 200;
    }
  }

  std::atomic<bool> over_ = false;
  std::atomic<std::size_t> asked_ = 0, failed_ = 0;
  std::vector<std::thread> threads_;
};

/// With a town of the kind that the test asks for.
class DiscoveryFixture : public ::testing::Test {
 protected:
  /// Skips the test if that registry is not installed.
  void settle_in(const std::string& kind) {
    std::string why;
    town_ = make_town(kind, why);
    if (!town_) GTEST_SKIP() << why;
  }

  std::string yaml(const std::string& upstream = "", const std::string& top = "") const {
    return yaml_with(town_->yaml(), upstream, top);
  }
  std::string yaml_with(const std::string& registry, const std::string& upstream = "",
                        const std::string& top = "") const {
    return "workers: 2\ndrain_grace: off\nlisteners:\n  - { bind: \"127.0.0.1:0\" }\nadmin: { bind: \"127.0.0.1:0\" }\n"
           "state_dir: " +
           state_.path("state") + "\n" + top + "registries:\n  it: { " + registry +
           " }\n"
           "upstreams:\n  orders: { discover: { registry: it, service: orders }, slow_start: off" +
           upstream +
           " }\n"
           "routes:\n  - { upstream: orders }\n";
  }
  static std::string address(const Fleet& fleet, std::size_t index) {
    const std::string text = fleet.endpoints()[index];
    const std::size_t at = text.find("127.0.0.1:");
    return text.substr(at, text.find_first_of("\"' ,}", at) - at);
  }
  void enter_all(const Fleet& fleet) {
    for (std::size_t i = 0; i < fleet.size(); ++i) town_->enter(address(fleet, i));
  }
  static bool uses(const Gateway& gateway, std::size_t endpoints) {
    return eventually(
        [&] { return json_member(gateway.admin("/registries").body, "endpoints") == std::to_string(endpoints); });
  }
  static bool is(const Gateway& gateway, const std::string& state) {
    return eventually([&] { return json_member(gateway.admin("/registries").body, "state") == state; },
                      std::chrono::seconds(30));
  }
  static bool answers_from(const Gateway& gateway, std::size_t backend) {
    return Client(gateway).get("/").body == std::to_string(backend);
  }

  TempDir state_;
  std::unique_ptr<Town> town_;
};

}  // namespace penstock::e2e
