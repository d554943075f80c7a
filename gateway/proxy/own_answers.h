// What the gateway answers without an upstream: because a route says so, or because the request is for itself.
#pragma once

#include <optional>
#include <string_view>

#include "conf/config.h"
#include "gateway/base/error.h"
#include "gateway/http/message.h"
#include "gateway/http/reply.h"

namespace penstock::proxy {

/// A route's fixed answer, or its redirect.
http::Reply answer_of(const conf::Respond& respond);
http::Reply answer_of(const conf::Redirect& redirect, std::string_view scheme, const http::RequestHead& head);

struct OwnAnswer {
  ErrorKind error = ErrorKind::none;
  http::Reply reply;
};

/// To methods that speak to the proxy itself; nullopt for all others.
std::optional<OwnAnswer> answer_to_method(const http::RequestHead& head, std::string_view request_id);

/// No route fits. `allow`: the methods that would; empty if none does.
OwnAnswer answer_without_route(std::string_view allow, std::string_view request_id);

/// What the configuration calls the error, as a reason to fall back; nullopt for what is the client's own mistake, or
/// ours.
std::optional<conf::FallbackCause> fallback_cause(ErrorKind kind);

}  // namespace penstock::proxy
