// Which hosts the routes name, and which of them a request's host means.
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/routing/canonical.h"
#include "gateway/routing/string_index.h"

namespace penstock::routing {

/// Hosts as written in routes: exact, "*.example.com" (one label or more in place of the star) or "" for any.
class HostIndex {
 public:
  /// The value of a host; the host is made known with `value` if it isn't.
  std::uint32_t find_or_add(std::string_view host, std::uint32_t value);

  /// The values of the hosts that an authority matches, the most specific first: exact, the longest wildcard to the
  /// shortest, any. The index and the authority must outlive the walk.
  class Walk {
   public:
    Walk(const HostIndex& index, std::string_view authority);
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    /// kNone at the end.
    std::uint32_t next();

   private:
    enum class Step : std::uint8_t { exact, wildcard, any, done };
    std::uint32_t next_wildcard();

    const HostIndex& index_;
    CanonicalHost host_;
    std::string_view rest_;  ///< of the host: the labels not yet tried as a wildcard's
    Step step_;
  };

 private:
  StringIndex hosts_;               ///< exact in one scope, what follows a "*." in another
  std::size_t longest_suffix_ = 0;  ///< of the wildcards; 0 if there are none
  std::uint32_t any_ = kNone;
};

}  // namespace penstock::routing
