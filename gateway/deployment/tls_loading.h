// From the files that a configuration names to contexts of TLS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/problems.h"
#include "gateway/io/file_look.h"
#include "gateway/io/tls/context.h"

namespace penstock {

/// One `tls` of a listener, or the admin listener's, made ready.
struct LoadedTls {
  io::ServerTlsPtr context;             ///< null: no encryption, or there are problems
  std::vector<io::FileIdentity> files;  ///< as they were before they were read; in the order of paths_of()
};

/// Those of a whole configuration.
struct TlsContexts {
  std::vector<LoadedTls> listeners;  ///< indexed like the configuration's
  LoadedTls admin;
};
using TlsContextsPtr = std::shared_ptr<const TlsContexts>;

/// What was found on the way, by their place in the configuration.
struct TlsFindings {
  std::vector<conf::Problem> problems;
  std::vector<conf::Problem> warnings;  ///< nothing is refused for them
};

/// All of these read files, and so may block. Any thread. `from` stands for the configuration's file in what is found.
LoadedTls load_tls(const conf::ListenerTls& tls, const std::shared_ptr<io::TicketKeys>& tickets,
                   const std::string& from, TlsFindings& found);
TlsContextsPtr load_tls(const conf::Config& config, const std::shared_ptr<io::TicketKeys>& tickets,
                        const std::string& from, TlsFindings& found);

/// The files that a `tls` names.
std::vector<std::string> paths_of(const conf::ListenerTls& tls);
std::vector<io::FileIdentity> identities_of(const std::vector<std::string>& paths);

}  // namespace penstock
