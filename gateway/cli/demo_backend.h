// A backend for the quickstart: says who it is and what it was asked.
#pragma once

#include <string>

namespace penstock {

/// Serves until INT or TERM. `bind` as in the configuration. Throws std::runtime_error if the address is not to be had.
void run_demo_backend(const std::string& bind, const std::string& name);

}  // namespace penstock
