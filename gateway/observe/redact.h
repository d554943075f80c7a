// Takes credentials out of URLs before they are logged.
#pragma once

#include <string>
#include <string_view>

namespace penstock::observe {

/// The URL, or request target, with "REDACTED" in place of userinfo and of the values of query parameters that are
/// named like a credential: access_token, token, api_key, apikey, password, secret, key, sig, signature; in any case,
/// and percent-encoded or not. Where it is unclear how far a value reaches, it is taken to reach further.
///
/// Returns `url` itself if there is nothing to hide, otherwise a view of `scratch`.
std::string_view redact_url(std::string_view url, std::string& scratch);

}  // namespace penstock::observe
