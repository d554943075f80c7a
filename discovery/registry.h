// A registry's client, whatever the registry: it tells what services consist of, what a key holds, and makes this
// gateway known.
//
// A client only tells; what is believed of it, kept and for how long is decided once for all of them
// (discovery/last_good.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/registries.h"
#include "gateway/base/deadline_wheel.h"

namespace penstock::io {
class Loop;
}

namespace penstock::discovery {

/// A service's instances beyond this are an error of the registry.
inline constexpr std::size_t kMostInstances = 65'536;
/// The longest answer of a registry that is read.
inline constexpr std::size_t kMostAnswerBytes = 64 << 20;

inline constexpr std::uint32_t kMostWeight = 65'535;
inline constexpr std::uint32_t kMostPriority = 127;
/// An instance's metadata beyond this, and names and values that are longer, are left out.
inline constexpr std::size_t kMostMetadata = 64;
inline constexpr std::size_t kLongestMetadata = 1024;

using Metadata = std::vector<std::pair<std::string, std::string>>;  ///< sorted by name

/// One instance of a service, as a registry tells it.
struct Instance {
  std::string host;  ///< an IP literal without brackets, or a name
  std::uint16_t port = 0;
  std::uint32_t weight = 1;  ///< 1 … kMostWeight; who has none is not listed
  std::string zone;
  std::uint32_t priority = 0;  ///< 0 … kMostPriority
  Metadata metadata;
  friend bool operator==(const Instance&, const Instance&) = default;
};

/// What a registry has of one service.
struct ServiceList {
  std::vector<Instance> instances;  ///< that take requests
  /// Entries of the service beside them that say of themselves that they take none: down, disabled, without weight.
  /// Not those that are another group's, or make no sense.
  std::size_t excluded = 0;
  friend bool operator==(const ServiceList&, const ServiceList&) = default;
};

/// Hears of one service. Called on the control thread, never from within Registry::watch_service().
class ServiceSink {
 public:
  /// The whole service as the registry has it, in any order; also when nothing has changed.
  virtual void listed(ServiceList list) = 0;
  /// The registry could not be asked, refused, or its answer made no sense. Says nothing of the service.
  virtual void failed(const std::string& why) = 0;

 protected:
  ~ServiceSink() = default;
};

/// Hears of one key's value. Called on the control thread, never from within Registry::watch_value().
class ValueSink {
 public:
  /// nullopt: there is no such key. `version` is the registry's own (a zxid, a ModifyIndex, a mod_revision).
  virtual void value(std::optional<std::string> text, std::uint64_t version) = 0;
  virtual void failed(const std::string& why) = 0;

 protected:
  ~ValueSink() = default;
};

/// Something that goes on until it is destroyed; the sink is not called after that. The registry outlives it.
class Watch {
 public:
  virtual ~Watch() = default;
  /// Reads anew as soon as may be, and tells the sink whatever comes of it.
  virtual void read_again() = 0;
};

/// This gateway's entry in a registry; made again whenever it gets lost. Destroyed, it is left to vanish by itself.
class Announcement {
 public:
  virtual ~Announcement() = default;
  /// Takes it out. `done` is called once, on the control thread, also if that failed or took longer than a second.
  virtual void withdraw(std::function<void()> done) = 0;
  virtual bool stands() const = 0;
};

struct RegistryStatus {
  bool connected = false;  ///< the last thing that was asked was answered
  std::string server;      ///< the one in use
  Nanos since = 0;         ///< steady: when `connected` last changed
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::string last_error;  ///< empty: none yet
  Nanos last_error_at = 0;
};

/// Belongs to the control thread. Tries all of a registry's servers, with discovery/backoff.h between rounds, and asks
/// each service at most once in 100 ms (reads in answer to a watch included) and 10 times in 15 s on average.
class Registry {
 public:
  virtual ~Registry() = default;

  virtual std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) = 0;
  /// nullptr: this kind of registry holds no values.
  virtual std::unique_ptr<Watch> watch_value(const std::string& key, ValueSink& sink) = 0;
  /// nullptr: nobody can be announced there.
  virtual std::unique_ptr<Announcement> announce(const conf::Announce& what) = 0;

  virtual RegistryStatus status() const = 0;
  /// How long after a restart of its servers its answers may lack what is there: who has registered does so anew only
  /// by and by, and nothing in an answer tells of it. 0: it keeps what it knows.
  virtual Nanos settles_in() const { return 0; }
};

/// What every client is made from.
struct RegistryParts {
  io::Loop& loop;
  std::uint64_t seed;                                   ///< of backoffs
  std::function<void(const std::string& message)> log;  ///< something that an engineer wants to know; not for each try
};

}  // namespace penstock::discovery
