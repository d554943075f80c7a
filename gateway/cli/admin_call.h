// Asking a running gateway's admin listener, for the command line.
#pragma once

#include <string>

#include "gateway/io/http_client.h"

namespace penstock {

/// One request, and its answer. Blocks for 10 s at most. `admin`: "http://127.0.0.1:9901"; `token`: its admin.token,
/// empty if it has none.
io::HttpAnswer admin_call(const std::string& admin, const std::string& token, const std::string& method,
                          const std::string& target);

/// What an answer that is not 200 says is printed to stderr. 1.
int complain(const io::HttpAnswer& answer);

}  // namespace penstock
