// `penstock config …`: the configurations that were in force.
#pragma once

#include <cstdint>
#include <string>

namespace penstock {

/// What is in the state directory, the newest last. Each prints, and returns the exit code.
int config_history(const std::string& state_dir);
/// What one version has that the other has not, by lines.
int config_diff(const std::string& state_dir, std::uint64_t from, std::uint64_t to);
/// Asks the running gateway. `admin`: "http://127.0.0.1:9901"; `token`: its admin.token, empty if it has none.
int config_rollback(const std::string& admin, const std::string& token, std::uint64_t version);

}  // namespace penstock
