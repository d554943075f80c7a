// The file as it is written, as far as that is not how it is used: names that are not yet looked up, values that one
// part takes over from another, and where things stand.
//
// Whatever is used just as it is written is a member of Config's own structs, which these have all of. A member here
// hides one of the same name there, and resolve() (conf/file/resolve.h) fills that in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/describe/overrides.h"
#include "conf/describe/shape.h"

namespace penstock::conf {

struct DraftUpstream : Upstream {
  std::optional<Placed<Discover>> discover;
};

struct DraftFallback : Fallback {
  std::optional<Placed<std::string>> upstream;
};

struct DraftRoute : Route {
  std::optional<Placed<std::string>> id;
  std::optional<Placed<std::string>> upstream;
  Placed<std::uint16_t> cost{1, {}};
  std::optional<DraftFallback> fallback;
  std::optional<Overrides<UpstreamTimeouts>> timeouts;
  std::optional<std::optional<Overrides<Retry>>> retry;  ///< without an inner value: off
};

struct Draft : Config {
  std::optional<unsigned> workers;  ///< nullopt = auto
  Placed<std::optional<Admin>> admin{Admin{}, {}};
  std::vector<Placed<Announce>> announce;
  std::vector<DraftUpstream> upstreams;
  std::vector<Placed<DraftRoute>> routes;
};

}  // namespace penstock::conf
