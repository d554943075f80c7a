// Random numbers of the system's, for seeds and secrets.
#pragma once

#include <cstdint>
#include <string>

namespace penstock {

/// All 64 bits. Any thread. Throws std::runtime_error if the system has none.
std::uint64_t system_random();

/// A secret of 128 bits, as digits.
std::string random_text();

}  // namespace penstock
