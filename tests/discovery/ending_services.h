// A sink that ends everything as soon as it hears something.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "discovery/registry.h"

namespace penstock::discovery {

/// Ends the watches that it holds, and the registry if it holds that, in the middle of being told.
struct EndingServices final : ServiceSink {
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Watch> watch, second;
  int told = 0;

  void listed(ServiceList) override { end(); }
  void failed(const std::string&) override { end(); }

 private:
  void end() {
    ++told;
    watch.reset();
    second.reset();
    registry.reset();
  }
};

}  // namespace penstock::discovery
