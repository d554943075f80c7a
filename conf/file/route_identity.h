// What tells routes apart: for people, an id; for the loader, what the match comes to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace penstock::conf {

/// Equal for two matches if and only if they let through just the same requests with the same precedence: neither
/// the names of parameters nor the order of conditions count.
std::string match_identity(const Match& match);

/// The ids of one file's routes, each once.
class RouteIds {
 public:
  /// False if the id is taken.
  bool claim(std::string_view id) { return taken_.emplace(id).second; }
  /// A readable id from the match, such as "get-api.example.com-users-id", with a number behind it if it is taken. Ids
  /// written in the file should be claimed first.
  std::string make(const Match& match);

 private:
  std::set<std::string, std::less<>> taken_;
  std::map<std::string, int> last_number_;  ///< by the id without it, so that the search does not begin anew each time
};

}  // namespace penstock::conf
