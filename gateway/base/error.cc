#include "gateway/base/error.h"

#include <array>

namespace penstock {
namespace {

struct Names {
  std::string_view name;
  std::string_view flag;
};

constexpr std::array<Names, kErrorKinds> kNames = {{
    {"none", "-"},
    {"bad_request", "DPE"},
    {"uri_too_long", "DPE"},
    {"headers_too_large", "DPE"},
    {"body_too_large", "DPE"},
    {"method_unknown", "DPE"},
    {"coding_unknown", "DPE"},
    {"version_unsupported", "DPE"},
    {"expectation_failed", "DPE"},
    {"header_timeout", "DT"},
    {"body_timeout", "DT"},
    {"client_gone", "DC"},
    {"no_route", "NR"},
    {"method_not_allowed", "NR"},
    {"rate_limited", "RL"},
    {"overloaded", "OL"},
    {"no_endpoint", "UH"},
    {"pool_full", "UO"},
    {"circuit_open", "UO"},
    {"connect_failed", "UF"},
    {"connect_timeout", "UF"},
    {"tls_certificate", "UF"},
    {"tls_protocol", "UF"},
    {"upstream_reset", "UC"},
    {"upstream_protocol", "UPE"},
    {"upstream_truncated", "UC"},
    {"first_byte_timeout", "UT"},
    {"upstream_idle_timeout", "UT"},
    {"total_timeout", "UT"},
    {"draining", "DR"},
    {"config_replaced", "CR"},
    {"by_hand", "-"},
    {"internal", "IE"},
}};

}  // namespace

std::string_view name(ErrorKind kind) {
  return kNames[static_cast<std::size_t>(kind)].name;
}
std::string_view flag(ErrorKind kind) {
  return kNames[static_cast<std::size_t>(kind)].flag;
}

}  // namespace penstock
