// The table, as an engineer would say it: one letter for each phase of connecting, sending, waiting, answering, tunnel.
#include "gateway/base/blame.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace penstock {
namespace {

char letter(Blame blame) {
  switch (blame) {
    case Blame::client:
      return 'c';
    case Blame::gateway:
      return 'g';
    case Blame::endpoint:
      return 'E';
    case Blame::nobody:
      break;
  }
  return '-';
}

std::string through_phases(Ending ending) {
  std::string letters;
  for (std::size_t phase = 0; phase < kAttemptPhases; ++phase) {
    ending.phase = static_cast<AttemptPhase>(phase);
    letters += letter(blame_for(ending));
  }
  return letters;
}

const std::map<ErrorKind, std::string> kTable = {
    {ErrorKind::none, "-----"},
    {ErrorKind::bad_request, "ccccc"},
    {ErrorKind::uri_too_long, "ccccc"},
    {ErrorKind::headers_too_large, "ccccc"},
    {ErrorKind::body_too_large, "ccccc"},
    {ErrorKind::method_unknown, "ccccc"},
    {ErrorKind::coding_unknown, "ccccc"},
    {ErrorKind::version_unsupported, "ccccc"},
    {ErrorKind::expectation_failed, "ccccc"},
    {ErrorKind::header_timeout, "ccccc"},
    {ErrorKind::body_timeout, "ccccc"},
    {ErrorKind::client_gone, "ccccc"},
    {ErrorKind::no_route, "ccccc"},
    {ErrorKind::method_not_allowed, "ccccc"},
    {ErrorKind::rate_limited, "ccccc"},
    {ErrorKind::overloaded, "ggggg"},
    {ErrorKind::no_endpoint, "ggggg"},
    {ErrorKind::pool_full, "ggggg"},
    {ErrorKind::circuit_open, "ggggg"},
    {ErrorKind::draining, "ggggg"},
    {ErrorKind::config_replaced, "ggggg"},
    {ErrorKind::degraded, "ggggg"},
    {ErrorKind::internal, "ggggg"},
    {ErrorKind::connect_failed, "EEEE-"},
    {ErrorKind::connect_timeout, "EEEE-"},
    {ErrorKind::tls_certificate, "EEEE-"},
    {ErrorKind::tls_protocol, "EEEE-"},
    {ErrorKind::upstream_reset, "EEEE-"},
    {ErrorKind::upstream_protocol, "EEEE-"},
    {ErrorKind::upstream_truncated, "EEEE-"},
    {ErrorKind::first_byte_timeout, "EEEE-"},
    {ErrorKind::upstream_idle_timeout, "EEEE-"},
    {ErrorKind::total_timeout, "EcE--"},
};

TEST(Blame, IsTheEndpointsOnlyForItsOwnFaultsAndTheGatewaysTimeouts) {
  ASSERT_EQ(kTable.size(), kErrorKinds);
  for (const auto& [kind, letters] : kTable) EXPECT_EQ(through_phases({.kind = kind}), letters) << name(kind);
}

TEST(Blame, ADeadlineThatTheClientChoseIsTheClientsWhateverWasWaitedFor) {
  EXPECT_EQ(through_phases({.kind = ErrorKind::total_timeout, .clients_bound = true}), "ccccc");
}

TEST(Blame, WhatTheGatewayLacksIsNobodyElses) {
  EXPECT_EQ(through_phases({.kind = ErrorKind::connect_failed, .gateways_want = true}), "ggggg");
}

}  // namespace
}  // namespace penstock
