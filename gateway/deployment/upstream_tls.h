// From the files that `tls` of upstreams names to contexts of TLS.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/problems.h"
#include "gateway/io/tls/context.h"

namespace penstock {

/// Those of one configuration, made ready. Immutable.
class UpstreamTls {
 public:
  /// Reads files, and so may block. Any thread. Upstreams that are encrypted alike, by what is in the files, have one
  /// context; one of `before` (null: there is none) if there it is. `from` stands for the configuration's file in what
  /// is found; with problems the result is not to be used.
  static std::shared_ptr<const UpstreamTls> load(const conf::Config& config, const std::string& from,
                                                 const UpstreamTls* before, std::vector<conf::Problem>& problems);

  /// Indexed like the configuration's upstreams; null: no encryption.
  const io::ClientTlsPtr& of(std::size_t upstream) const { return contexts_[upstream]; }

 private:
  struct Known {
    io::ClientTls::Parts parts;
    std::size_t system_authorities;  ///< a hash of what is in their file; 0 if they are not used
    io::ClientTlsPtr context;
  };
  class Loader;

  std::vector<Known> known_;
  std::vector<io::ClientTlsPtr> contexts_;
};

}  // namespace penstock
