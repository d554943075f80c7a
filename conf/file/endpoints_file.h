// A file of endpoints: what a registry of the kind `file` reads. YAML, or JSON, which is YAML too:
//
//   orders: [10.0.0.1:80, { address: 10.0.0.2:80, weight: 3, zone: a, priority: 1 }]
//   users: []
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/environment.h"
#include "conf/problems.h"

namespace penstock::conf {

struct EndpointsFile {
  std::map<std::string, std::vector<Endpoint>> services;  ///< what a service's list holds; it may be empty
  std::vector<Problem> problems;                          ///< if there are any, nothing of the file is to be believed
};

/// Reads a map from services to lists that are written as `endpoints` are, `${NAME}` included, but without Unix
/// sockets, which no instance of a registry has. `most`: endpoints of one service. `name` stands for the file in
/// problems. Never throws; thread-safe.
EndpointsFile load_endpoints(std::string_view yaml, const std::string& name, const Environment& env, std::size_t most);

}  // namespace penstock::conf
