// The health of one upstream's endpoints: who may be picked, why not, and since when. On the control thread.
//
// Two sources. Active checks ask each endpoint (one checker for the process, whatever the number of workers). Passive
// ejection judges endpoints by what real requests met (what workers have counted in the records). Whoever is out comes
// back: by checks, by the time of its ejection, or, if it refused connections, as soon as it takes one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/health/endpoint_record.h"
#include "gateway/health/standing.h"
#include "gateway/health/state.h"
#include "gateway/io/address.h"
#include "gateway/io/tls/target.h"

namespace penstock::io {
class Loop;
}

namespace penstock::health {

struct Watched {
  EndpointRecordPtr record;
  io::SocketAddress address;
  io::TlsTarget tls{};
};

/// One for each upstream; outlives snapshots. Standings are kept by address: those of endpoints that leave are
/// remembered for a while (an hour, at most 10,000 of them). All on the loop's thread.
class Monitor {
 public:
  /// Called after one or more standings have changed, never from inside a call to the monitor.
  using Changed = std::function<void()>;
  using Tell = std::function<void(const std::string& message)>;

  /// `upstream` outlives it. `tell`: one line for the process log on each change of a standing.
  Monitor(io::Loop& loop, const conf::Upstream& upstream, std::uint64_t seed, Changed changed, Tell tell);
  ~Monitor();
  /// Before anything is watched: how the endpoints stood that another monitor, of the same upstream under another
  /// configuration, knows of. Ejections and failed checks count on where this configuration has them, too.
  void learn_from(const Monitor& before);
  /// For the next process, and before anything is watched, from the one before: who is out.
  std::string memory() const;
  void recall(std::string_view memory);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// The endpoints of a new snapshot. A checker lives exactly as long as its endpoint is among them.
  void watch(std::vector<Watched> endpoints);

  /// Indexed like the endpoints that are watched. Valid until the next watch(); what it says may change at any turn.
  const Standing& standing(std::size_t index) const;

  /// A worker has counted as many failures in a row as eject an endpoint (EndpointRecord::failed()); `last` is the kind
  /// of the last one. Decides at once.
  void failures_in_a_row(const EndpointRecordPtr& record, Failure last);

  /// Since the start, by reason; with `enforce: false` what would have been ejected.
  std::uint64_t ejections(Ejection reason) const;
  std::uint64_t checks_passed() const;
  std::uint64_t checks_failed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::health
