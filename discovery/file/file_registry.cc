#include "discovery/file/file_registry.h"

#include <map>
#include <memory>
#include <utility>

#include "conf/file/endpoints_file.h"
#include "conf/yaml/document.h"
#include "discovery/service_board.h"
#include "discovery/status_keeper.h"
#include "gateway/base/alive.h"
#include "gateway/io/background.h"
#include "gateway/io/file_watch.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

using Services = std::map<std::string, std::vector<Instance>>;

/// What a file says: services, or why nothing of it is believed.
struct Reading {
  Services services;
  std::string error;
};

Instance instance_of(conf::Endpoint endpoint) {
  return {std::move(endpoint.address.host), endpoint.address.port, endpoint.weight,
          std::move(endpoint.zone),         endpoint.priority,     {}};
}

Reading read_services(const std::string& text, const std::string& path) {
  conf::EndpointsFile file = conf::load_endpoints(text, path, conf::process_environment(), kMostInstances);
  Reading reading;
  if (!file.problems.empty()) {
    const std::size_t more = file.problems.size() - 1;
    reading.error = file.problems[0].text() + (more > 0 ? " (and " + std::to_string(more) + " more)" : "");
    return reading;
  }
  for (auto& [name, endpoints] : file.services) {
    std::vector<Instance>& instances = reading.services[name];
    for (conf::Endpoint& endpoint : endpoints) instances.push_back(instance_of(std::move(endpoint)));
  }
  return reading;
}

class FileRegistry final : public Registry {
 public:
  FileRegistry(const RegistryParts& parts, const conf::FileRegistry& config)
      : loop_(parts.loop),
        path_(config.path),
        keeper_(parts.loop.now()),
        file_(parts.loop, config.path, conf::kMaxFileBytes, [this](io::FileText text) { read(std::move(text)); }) {
    keeper_.uses(config.path);
  }

  std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) override {
    return board_.watch(what.service, sink);
  }
  std::unique_ptr<Watch> watch_value(const std::string&, ValueSink&) override { return nullptr; }
  std::unique_ptr<Announcement> announce(const conf::Announce&) override { return nullptr; }
  RegistryStatus status() const override { return keeper_.status(); }

 private:
  /// A file may hold as much as a configuration: it is taken apart off the loop. Of several texts under way the last
  /// one counts.
  void read(io::FileText file) {
    keeper_.asked();
    if (!file.error.empty()) {
      set({{}, path_ + ": " + file.error}, ++newest_);
      return;
    }
    auto reading = std::make_shared<Reading>();
    io::in_background(
        loop_, [reading, path = path_, text = std::move(file.text)] { *reading = read_services(text, path); },
        alive_.guard([this, reading, number = ++newest_] { set(std::move(*reading), number); }));
  }

  void set(Reading reading, std::uint64_t number) {
    if (number != newest_) return;
    const bool asked_for = std::exchange(asked_again_, false);
    if (!reading.error.empty()) {
      keeper_.failed(loop_.now(), reading.error);
      board_.failed(std::move(reading.error), asked_for);
      return;
    }
    keeper_.answered(loop_.now());
    services_ = std::move(reading.services);
    board_.was_read(asked_for);
  }

  ServiceList part(const std::string& service) const {
    const auto found = services_.find(service);
    return found == services_.end() ? ServiceList() : ServiceList{found->second};
  }

  void read_again() {
    asked_again_ = true;
    file_.read_again();
  }

  io::Loop& loop_;
  const std::string path_;
  StatusKeeper keeper_;
  Services services_;         ///< of the last file that was good
  std::uint64_t newest_ = 0;  ///< the last text that was handed in
  bool asked_again_ = false;
  ServiceBoard board_{loop_, [this](const std::string& service) { return part(service); }, [this] { read_again(); }};
  io::FileWatch file_;
  Alive alive_;
};

}  // namespace

std::unique_ptr<Registry> make_file_registry(const RegistryParts& parts, const conf::FileRegistry& config) {
  return std::make_unique<FileRegistry>(parts, config);
}

}  // namespace penstock::discovery
