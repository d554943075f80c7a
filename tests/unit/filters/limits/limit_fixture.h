// One limit alone, as make_limit() makes it. Its requests, and the time, are the test's.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/filters/limits/make_limit.h"

namespace penstock::filters {

class LimitTest : public ::testing::Test {
 protected:
  explicit LimitTest(conf::LimitKind kind) {
    config.kind = kind;
    config.name = "name";
  }

  conf::Limit config;  ///< to be set before limit() is asked for
  Nanos now = 86'400 * kNanosPerSecond;
  std::uint64_t unix_ms = 1'000 * 86'400'000ull;  ///< midnight of a day
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();
  std::uint32_t cost = 1;
  std::uint32_t reserve_share = 0;
  std::uint32_t beyond_share = 0;

  Limit& limit() {
    if (!limit_) limit_ = make();
    return *limit_;
  }
  Limit::Levels levels() { return limit().levels(now, unix_ms); }

  // ---- requests
  Ruling ask(Hold& hold) {
    return limit().ask({.now = now,
                        .unix_ms = unix_ms,
                        .head = head,
                        .client = client,
                        .cost = cost,
                        .reserve_share = reserve_share,
                        .beyond_share = beyond_share},
                       hold);
  }
  Ruling ask() {
    Hold hold;
    const Ruling ruling = ask(hold);
    EXPECT_EQ(hold.limit, nullptr) << "what it holds would be lost";
    return ruling;
  }
  /// How many of so many pass, one after the other.
  int passed(int requests) {
    int count = 0;
    for (int i = 0; i < requests; ++i) count += ask().decision == Decision::pass;
    return count;
  }
  void end(Hold& hold, Ending ending = {}) {
    ending.now = now;
    hold.limit->release(hold, ending);
  }
  void from(std::string_view address) { client = IpAddress::parse(address).value(); }
  void pass_time(Nanos time) {
    now += time;
    unix_ms += time / kNanosPerMilli;
  }

  // ---- what outlives it
  /// The configuration is loaded anew, with `config` as it is now.
  void reload() {
    const std::unique_ptr<Limit> before = std::move(limit_);
    limit_ = make();
    limit_->learn_from(*before, now);
  }
  /// The next process, with the same settings.
  void upgrade() {
    const std::string memory = limit().memory();
    limit_ = make();
    limit_->recall(memory);
  }
  /// The next process, which is handed nonsense.
  void upgrade_to(std::string_view memory) {
    limit_ = make();
    limit_->recall(memory);
  }

 private:
  std::unique_ptr<Limit> make() const { return make_limit(config, "route orders", 1, SipKey{1, 2}); }

  std::unique_ptr<Limit> limit_;
};

inline const std::vector<conf::RequestKey> kByClient = {{conf::RequestKey::From::client_ip, ""}};

}  // namespace penstock::filters
