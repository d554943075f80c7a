// For registries that are read whole: gives each watch its service's part, when that has changed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "discovery/registry.h"

namespace penstock::io {
class Loop;
}

namespace penstock::discovery {

/// Belongs to the loop's thread; outlives its watches. Sinks are called from the loop, each by itself: what they hear
/// may make them end any watch, and the registry.
class ServiceBoard {
 public:
  /// What was read last says of a service.
  using Part = std::function<ServiceList(const std::string& service)>;
  /// A watch wants the registry read anew.
  using ReadAgain = std::function<void()>;
  ServiceBoard(io::Loop& loop, Part part, ReadAgain read_again)
      : loop_(loop), part_(std::move(part)), read_again_(std::move(read_again)) {}

  std::unique_ptr<Watch> watch(const std::string& service, ServiceSink& sink);

  /// The registry was read. Whose service is the same hears of it only `anyway`, or if the last news was a failure.
  void was_read(bool anyway);
  /// It could not be. Who has heard of this very error hears it again only `anyway`.
  void failed(std::string why, bool anyway);

 private:
  class ServiceWatch;

  io::Loop& loop_;
  const Part part_;
  const ReadAgain read_again_;
  bool read_ = false;  ///< something has come: a reading, or an error
  std::string error_;
  std::set<ServiceWatch*> watches_;
};

}  // namespace penstock::discovery
