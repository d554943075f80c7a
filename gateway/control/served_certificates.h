// The certificates that clients are shown, the listeners' and the admin listener's: taken over with a configuration and
// when they change on disk, and told in the metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "gateway/control/admin_door.h"
#include "gateway/control/certificate_watch.h"
#include "gateway/deployment/listeners.h"
#include "gateway/deployment/tls_loading.h"
#include "gateway/io/loop.h"
#include "gateway/observe/metrics.h"

namespace penstock {

/// Belongs to the control thread. What it is given outlives it.
class ServedCertificates {
 public:
  ServedCertificates(io::Loop& loop, Listeners& listeners, AdminDoor& admin, std::shared_ptr<io::TicketKeys> tickets);

  /// The files of this configuration are looked at from now on, and the admin listener gets its context; the listeners
  /// have theirs (Listeners::adopt). `from`: for messages, the configuration's file.
  void adopt(const conf::Config& config, const TlsContexts& contexts, const std::string& from);

  /// Nobody connects here any more.
  void stop() { watch_.watch({}); }

  /// Views are valid until the next change.
  std::vector<observe::TlsMetrics> metrics() const;

 private:
  using Where = std::optional<std::size_t>;  ///< a listener's place in the file; nullopt: the admin listener

  void changed(Where where, io::ServerTlsPtr context, const TlsFindings& found);

  Listeners& listeners_;
  AdminDoor& admin_;
  CertificateWatch watch_;
  std::vector<Where> watched_;  ///< by the watch's index
  std::uint64_t admin_reloads_succeeded_ = 0;
  std::uint64_t admin_reloads_failed_ = 0;
};

}  // namespace penstock
