// Takes a new configuration from its file to where it can be adopted: read, checked and compiled off the control
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/file/load.h"
#include "gateway/base/alive.h"
#include "gateway/deployment/tls_loading.h"
#include "gateway/deployment/upstream_tls.h"
#include "gateway/io/loop.h"
#include "gateway/proxy/blueprint.h"

namespace penstock {

/// A configuration that has been found to be good, made ready.
struct Compiled {
  std::shared_ptr<const proxy::Blueprint> blueprint;  ///< what all workers share of it
  std::shared_ptr<const UpstreamTls> upstream_tls;
};

/// Belongs to the control thread. One configuration at a time: whoever asks meanwhile gets one more round, whatever the
/// number of askers.
class Reloader {
 public:
  struct Loaded {
    conf::LoadResult result;
    std::string text;  ///< as it was read
    std::string from;  ///< for people: where it is from
    TlsContextsPtr tls = nullptr;
    std::vector<conf::Problem> warnings = {};
  };
  using Load = std::function<Loaded()>;
  /// Called on another thread. What is found on the way makes the configuration one that is not good.
  using Compile = std::function<Compiled(const std::shared_ptr<const conf::Config>& config, const std::string& from,
                                         std::vector<conf::Problem>& problems)>;
  struct Outcome {
    Compiled compiled;  ///< if there are no problems
    std::vector<conf::Problem> problems;
    std::vector<conf::Problem> warnings;
    std::string text;
    std::string from;
    TlsContextsPtr tls;
  };
  /// Called on the control thread. Nothing else is loaded until finished() is called.
  using Done = std::function<void(Outcome outcome)>;

  Reloader(io::Loop& loop, Done done);

  /// `compile` is called after `load`, with what that has found to be good. Both may run on another thread, after this
  /// object is gone.
  void start(Load load, Compile compile);
  /// What the last outcome asked for has been done, or given up.
  void finished();
  bool busy() const { return busy_; }

 private:
  void run();

  io::Loop& loop_;
  const Done done_;
  bool busy_ = false;
  bool again_ = false;
  Load load_;
  Compile compile_;
  Alive alive_;
};

/// Loads the certificates as well: a configuration whose certificates can't be used is not good.
Reloader::Load with_tls(Reloader::Load load, std::shared_ptr<io::TicketKeys> tickets);

}  // namespace penstock
