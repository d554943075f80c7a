// What was wrong with a registry's answer, for people to read.
#pragma once

#include <string>

#include "gateway/io/http_client.h"

namespace penstock::discovery {

/// "status 403: no such token", on one line, not long, and without secrets; or why there was no answer. Pure.
std::string trouble_of(const io::HttpAnswer& answer);

}  // namespace penstock::discovery
