// A registry whose every answer the test chooses.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/discovery/ending_services.h"
#include "tests/discovery/registry_fixture.h"
#include "tests/support/backend.h"

namespace penstock::discovery {

class ScriptedRegistryTest : public RegistryTest {
 protected:
  /// Answers the n-th request (from 0) whose target begins so; all others get 200 and `otherwise`.
  using Answer = std::function<void(e2e::Exchange& exchange, std::size_t n)>;
  void script(const std::string& beginning, const std::string& otherwise, Answer answer) {
    auto count = std::make_shared<std::atomic<std::size_t>>(0);
    server.on_request([=](e2e::Exchange& exchange) {
      if (exchange.request().target().starts_with(beginning)) {
        answer(exchange, (*count)++);
      } else {
        exchange.ok(otherwise);
      }
    });
  }
  /// The requests so far whose targets begin so.
  std::vector<e2e::Message> asked(const std::string& beginning) {
    std::vector<e2e::Message> all = server.requests(server.request_count());
    std::erase_if(all, [&](const e2e::Message& each) { return !each.target().starts_with(beginning); });
    return all;
  }
  std::vector<e2e::Message> await_asked(const std::string& beginning, std::size_t count) {
    EXPECT_TRUE(run_until([&] { return asked(beginning).size() >= count; })) << "not asked " << count << " times";
    return asked(beginning);
  }
  std::string url() const { return "http://" + server.address(); }

  e2e::Backend server;
  RecordingServices sink;
  RecordingValues values;
};

}  // namespace penstock::discovery
