// The addresses behind a configuration's servers.
#pragma once

#include <string>
#include <vector>

namespace penstock::discovery {

/// Resolves "host:port" and "[v6]:port" to what the C client takes: "ip:port,…" without brackets, in order and without
/// doubles. Names that have no address now are left out: the client would give up all servers for one of them. Blocks
/// for as long as the system's resolver does, unless all are IP literals.
std::string resolve_servers(const std::vector<std::string>& servers);
bool are_literals(const std::vector<std::string>& servers);

}  // namespace penstock::discovery
