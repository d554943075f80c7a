#include "gateway/base/blame.h"

namespace penstock {
namespace {

/// Everything that is timed: who was waited for.
Blame waited_for(AttemptPhase phase) {
  switch (phase) {
    case AttemptPhase::connecting:
    case AttemptPhase::waiting:
      return Blame::endpoint;
    case AttemptPhase::sending:
      return Blame::client;
    case AttemptPhase::answering:  // a long answer, or a client that takes long to read it
    case AttemptPhase::tunnel:
      break;
  }
  return Blame::nobody;
}

}  // namespace

Blame blame_for(const Ending& ending) {
  switch (ending.kind) {
    case ErrorKind::none:
    case ErrorKind::count_:
      return Blame::nobody;

    case ErrorKind::bad_request:
    case ErrorKind::uri_too_long:
    case ErrorKind::headers_too_large:
    case ErrorKind::body_too_large:
    case ErrorKind::method_unknown:
    case ErrorKind::coding_unknown:
    case ErrorKind::version_unsupported:
    case ErrorKind::expectation_failed:
    case ErrorKind::header_timeout:
    case ErrorKind::body_timeout:
    case ErrorKind::client_gone:
    case ErrorKind::no_route:
    case ErrorKind::method_not_allowed:
    case ErrorKind::rate_limited:
      return Blame::client;

    case ErrorKind::overloaded:
    case ErrorKind::no_endpoint:
    case ErrorKind::pool_full:
    case ErrorKind::circuit_open:
    case ErrorKind::draining:
    case ErrorKind::config_replaced:
    case ErrorKind::degraded:
    case ErrorKind::internal:
      return Blame::gateway;

    case ErrorKind::connect_failed:
      if (ending.gateways_want) return Blame::gateway;
      [[fallthrough]];
    case ErrorKind::connect_timeout:
    case ErrorKind::tls_certificate:
    case ErrorKind::tls_protocol:
    case ErrorKind::upstream_reset:
    case ErrorKind::upstream_protocol:
    case ErrorKind::upstream_truncated:
    case ErrorKind::first_byte_timeout:
    case ErrorKind::upstream_idle_timeout:  // it runs only while the endpoint is waited for
      return ending.phase == AttemptPhase::tunnel ? Blame::nobody : Blame::endpoint;

    case ErrorKind::total_timeout:
      return ending.clients_bound ? Blame::client : waited_for(ending.phase);
  }
  return Blame::nobody;
}

}  // namespace penstock
