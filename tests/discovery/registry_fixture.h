// A loop that turns on the test's own thread, and sinks that keep what a registry's client tells.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "discovery/registry.h"
#include "gateway/io/loop.h"
#include "tests/support/deadline.h"

namespace penstock::discovery {

using std::chrono::milliseconds;

/// Keeps everything that is told of one service.
struct RecordingServices final : ServiceSink {
  std::vector<std::vector<Instance>> lists;
  std::vector<std::string> failures;

  void listed(ServiceList list) override { lists.push_back(std::move(list.instances)); }
  void failed(const std::string& why) override { failures.push_back(why); }
  /// "host:port" of the last list, sorted.
  std::vector<std::string> addresses() const {
    return texts([](const Instance& each) { return each.host + ":" + std::to_string(each.port); });
  }
  /// The same as "host:port*weight".
  std::vector<std::string> weighted() const {
    return texts([](const Instance& each) {
      return each.host + ":" + std::to_string(each.port) + "*" + std::to_string(each.weight);
    });
  }
  /// Whether "host:port" is in the last list.
  bool holds(const std::string& address) const {
    const std::vector<std::string> all = addresses();
    return std::binary_search(all.begin(), all.end(), address);
  }
  /// The size of the last list.
  std::size_t size() const { return lists.empty() ? 0 : lists.back().size(); }

 private:
  template <class Text>
  std::vector<std::string> texts(Text text) const {
    if (lists.empty()) return {"(nothing told)"};
    std::vector<std::string> out;
    for (const Instance& instance : lists.back()) out.push_back(text(instance));
    std::sort(out.begin(), out.end());
    return out;
  }
};

/// Keeps everything that is told of one key.
struct RecordingValues final : ValueSink {
  std::vector<std::pair<std::optional<std::string>, std::uint64_t>> values;
  std::vector<std::string> failures;

  void value(std::optional<std::string> text, std::uint64_t version) override {
    values.emplace_back(std::move(text), version);
  }
  void failed(const std::string& why) override { failures.push_back(why); }
};

class RegistryTest : public testing::Test {
 protected:
  io::Loop loop;
  std::vector<std::string> logged;

  RegistryParts parts() {
    return {loop, 1, [this](const std::string& message) { logged.push_back(message); }};
  }

  /// Turns the loop until the condition holds; false if it doesn't in time.
  template <class Condition>
  bool run_until(Condition condition, milliseconds patience = e2e::kPatience) {
    const e2e::Deadline deadline(patience);
    while (!condition()) {
      if (deadline.passed()) return false;
      loop.arm(tick_, 2 * kNanosPerMilli);
      uv_run(loop.raw(), UV_RUN_ONCE);
    }
    return true;
  }
  /// For what must not happen.
  void run_for(milliseconds time) {
    run_until([] { return false; }, time);
  }
  /// Waits until the last list is of these addresses ("host:port", sorted).
  [[nodiscard]] testing::AssertionResult await_list(const RecordingServices& sink,
                                                    const std::vector<std::string>& addresses,
                                                    milliseconds patience = e2e::kPatience) {
    return await([&] { return sink.addresses(); }, addresses, sink, patience);
  }
  /// The same with weights ("host:port*weight").
  [[nodiscard]] testing::AssertionResult await_weighted(const RecordingServices& sink,
                                                        const std::vector<std::string>& weighted,
                                                        milliseconds patience = e2e::kPatience) {
    return await([&] { return sink.weighted(); }, weighted, sink, patience);
  }

 private:
  template <class Told>
  testing::AssertionResult await(Told told, const std::vector<std::string>& expected, const RecordingServices& sink,
                                 milliseconds patience) {
    if (run_until([&] { return told() == expected; }, patience)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "last told: " << testing::PrintToString(told())
                                       << ", failures: " << testing::PrintToString(sink.failures);
  }

  Deadline tick_{[](void*) {}, nullptr};
};

}  // namespace penstock::discovery
