// The one decision on trying again, as a table.
#include "gateway/proxy/call/retry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::proxy {
namespace {

using upstream::Failure;
using Stage = Failure::Stage;

constexpr Failure kNoPort = {.kind = ErrorKind::connect_failed, .gateways_want = true};
constexpr Failure kRefused = {ErrorKind::connect_failed, "", Stage::connecting, false, false, true};
constexpr Failure kReset = {ErrorKind::upstream_reset, "", Stage::waiting, true, false, false};
constexpr Failure kStale = {ErrorKind::upstream_reset, "", Stage::waiting, true, true, false};
constexpr Failure kStaleUnsent = {ErrorKind::upstream_reset, "", Stage::waiting, false, true, false};
constexpr Failure kHalfHead = {ErrorKind::upstream_reset, "", Stage::answering, true, true, false};
constexpr Failure kLate = {ErrorKind::first_byte_timeout, "", Stage::waiting, true, false, false};
constexpr Failure kNonsense = {ErrorKind::upstream_protocol, "", Stage::answering, true, false, false};
constexpr Failure kBadCertificate = {ErrorKind::tls_certificate, "", Stage::connecting, false, false, false};

/// A GET, at its first try, with two other endpoints and time enough.
Tried get() {
  return {.idempotent = true, .repeatable = true, .untried = true, .usable = true, .time_left = kNanosPerSecond};
}
Tried post() {
  Tried tried = get();
  tried.idempotent = tried.repeatable = false;
  return tried;
}
template <class Change>
Tried with(Tried tried, Change change) {
  change(tried);
  return tried;
}

struct Row {
  std::string story;
  Failure failure;
  Tried tried;
  bool policy;
  Again again;
};

TEST(Retry, AfterAFailure) {
  const conf::Retry policy;
  const auto retried_twice = [](Tried& t) { t.retries = 2; };
  const std::vector<Row> table = {
      {"refused, no policy: another endpoint at once", kRefused, get(), false, Again::elsewhere},
      {"whatever the method: nothing was sent", kRefused, post(), false, Again::elsewhere},
      {"a bad certificate is no connection", kBadCertificate, post(), false, Again::elsewhere},
      {"no port to this endpoint: there may be one to another", kNoPort, get(), false, Again::elsewhere},
      {"at most two others", kRefused, with(get(), retried_twice), false, Again::no},
      {"nobody else is there", kRefused, with(get(), [](Tried& t) { t.untried = false; }), false, Again::no},
      {"no time is left", kRefused, with(get(), [](Tried& t) { t.time_left = 10; }), false, Again::no},
      {"reset, no policy", kReset, get(), false, Again::no},
      {"late, no policy", kLate, get(), false, Again::no},
      {"stale, idempotent", kStale, get(), false, Again::fresh},
      {"stale, and the policy is not asked", kStale, get(), true, Again::fresh},
      {"stale, a POST that was sent", kStale, post(), false, Again::no},
      {"stale, a POST of which nothing was sent", kStaleUnsent, post(), false, Again::fresh},
      {"stale a second time", kStale, with(get(), [](Tried& t) { t.stale_retried = true; }), false, Again::no},
      {"stale, but the body is gone", kStale, with(get(), [](Tried& t) { t.kept = false; }), false, Again::no},
      {"an answer had begun: not stale", kHalfHead, get(), false, Again::no},
      {"refused, by policy: after a backoff", kRefused, get(), true, Again::later},
      {"reset, by policy", kReset, get(), true, Again::later},
      {"reset within the answer, by policy", kHalfHead, get(), true, Again::no},
      {"reset, a POST by policy", kReset, post(), true, Again::no},
      {"late, by policy: 504 is among its causes", kLate, get(), true, Again::later},
      {"nonsense is no cause", kNonsense, get(), true, Again::no},
      {"the policy's attempts are used up", kReset, with(get(), retried_twice), true, Again::no},
      {"a body longer than the policy keeps", kReset, with(get(), [](Tried& t) { t.kept_bytes = 65'537; }), true,
       Again::no},
      {"the last endpoint is asked again", kReset, with(get(), [](Tried& t) { t.untried = false; }), true,
       Again::later},
      {"but not if it is out, too", kReset, with(get(), [](Tried& t) { t.untried = t.usable = false; }), true,
       Again::no},
  };
  for (const Row& row : table)
    EXPECT_EQ(after_failure(row.failure, row.tried, row.policy ? &policy : nullptr, 0).again, row.again) << row.story;
}

TEST(Retry, TheBackoffMustFitIntoWhatIsLeft) {
  const conf::Retry policy;
  EXPECT_EQ(after_failure(kReset, get(), &policy, kNanosPerSecond).again, Again::no);
  EXPECT_EQ(after_failure(kReset, get(), &policy, kNanosPerSecond / 2).wait, kNanosPerSecond / 2);
}

TEST(Retry, AfterAnAnswerThePolicysCodesCount) {
  const conf::Retry policy;
  EXPECT_EQ(after_answer(503, false, get(), policy, 0).again, Again::later);
  EXPECT_EQ(after_answer(500, false, get(), policy, 0).again, Again::no);
  EXPECT_EQ(after_answer(503, false, post(), policy, 0).again, Again::no);
}

TEST(Retry, WhoSaysWhenToComeBackIsNotAskedAgain) {
  const conf::Retry policy;
  Tried alone = get();
  alone.untried = false;
  EXPECT_EQ(after_answer(503, true, alone, policy, 0).again, Again::no);
  EXPECT_EQ(after_answer(503, true, get(), policy, 0).again, Again::later) << "somebody else may";
  EXPECT_TRUE(after_answer(503, false, alone, policy, 0).forget_tried);
}

TEST(Retry, BackoffsDoubleUpToTheirMost) {
  const conf::Retry policy;
  EXPECT_EQ(longest_backoff(policy, 0), 25 * kNanosPerMilli);
  EXPECT_EQ(longest_backoff(policy, 1), 50 * kNanosPerMilli);
  EXPECT_EQ(longest_backoff(policy, 9), 250 * kNanosPerMilli);
}

}  // namespace
}  // namespace penstock::proxy
