// "penstock upgrade": what an engineer, or a package, says when the program's file has been replaced.
#pragma once

#include <string>

namespace penstock {

/// Asks the running gateway by its admin listener, and waits for the outcome. 0: a new process has taken over.
int run_upgrade(const std::string& admin, const std::string& token);

}  // namespace penstock
