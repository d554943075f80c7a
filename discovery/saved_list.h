// A service's list as it is kept on disk, so that a gateway that starts while the registry is down serves at once.
//
// One file for each upstream: a line "penstock-endpoints 1 SHA256", and the JSON that the digest is of. A file that is
// cut, altered or of another version is as good as none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/registry.h"

namespace penstock::discovery {

struct SavedList {
  std::string registry;  ///< what the list is of: another one is of no use
  std::string service;
  std::uint64_t saved_unix_ms = 0;
  std::vector<Instance> instances;
};

std::string encode(const SavedList& list);
/// nullopt: it is not whole, or not ours; `why` says so.
std::optional<SavedList> decode(std::string_view text, std::string& why);

/// DIRECTORY/endpoints-UPSTREAM, the name made safe for a file's.
std::string saved_list_path(const std::string& directory, const std::string& upstream);

}  // namespace penstock::discovery
