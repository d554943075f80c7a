// How long after its server serves again a registry's client has the list.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/discovery/registry_fixture.h"
#include "tests/support/real_server.h"

namespace penstock::discovery {

class ComebackTest : public RegistryTest {
 protected:
  /// Does what brings the server back, and turns the loop all the while. 0 if the condition holds before the test
  /// itself sees the server serve; kPatience if it doesn't in time.
  template <class Condition>
  milliseconds comeback(e2e::RealServer& server, void (e2e::RealServer::*bring_back)(), Condition condition) {
    using Clock = std::chrono::steady_clock;
    (server.*bring_back)();
    std::atomic<bool> serves = false;
    Clock::time_point served_at;
    std::thread observer([&] {
      server.wait_until_it_serves();
      served_at = Clock::now();
      serves = true;
    });
    const bool held_early = run_until([&] { return condition() || serves; }, milliseconds(30'000)) && !serves;
    const bool held = held_early || run_until(condition);
    const auto held_at = Clock::now();
    observer.join();
    if (!held) return e2e::kPatience;
    return held_early ? milliseconds(0) : std::chrono::duration_cast<milliseconds>(held_at - served_at);
  }
};

}  // namespace penstock::discovery
