// Certificates that change on disk: contexts are made anew without a reload of the configuration.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/tls.h"
#include "gateway/base/alive.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/deployment/tls_loading.h"
#include "gateway/io/loop.h"

namespace penstock {

/// Belongs to the control thread; files are looked at by another, each second. What has changed is loaded when it has
/// rested for a second, so that a certificate and its key are not read half-way between the old pair and the new one.
class CertificateWatch {
 public:
  struct Watched {
    std::string from;  ///< for messages: the configuration's file
    conf::ListenerTls tls;
    std::vector<io::FileIdentity> files;  ///< as they were when they were loaded
  };
  /// One of the watched has changed. Its context is null if it can't be used; then the one before should stay.
  using Changed = std::function<void(std::size_t index, io::ServerTlsPtr context, const TlsFindings& found)>;

  CertificateWatch(io::Loop& loop, std::shared_ptr<io::TicketKeys> tickets, Changed changed);

  /// From now on these, instead of those before.
  void watch(std::vector<Watched> watched);

 private:
  struct Round;
  void look();
  void looked(const Round& round);

  io::Loop& loop_;
  const std::shared_ptr<io::TicketKeys> tickets_;
  const Changed changed_;
  std::shared_ptr<Round> round_;  ///< the files and how they were seen last; null: none are watched
  Deadline next_look_;
  Alive alive_;
};

}  // namespace penstock
