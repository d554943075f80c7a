// One HTTP request, for tests that change something in a real server: no gateway between, no client of ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/message.h"

namespace penstock::e2e {

/// On a connection of its own to the loopback's `port`. `fields`: each with its CRLF. Throws HarnessError if there is
/// no answer in time.
Message http_call(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body = "",
                  std::string_view fields = "");

}  // namespace penstock::e2e
