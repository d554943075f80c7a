#include "discovery/eureka/eureka.h"

#include "discovery/eureka/announcement.h"
#include "discovery/eureka/fetcher.h"
#include "discovery/registry_tls.h"
#include "discovery/service_board.h"

namespace penstock::discovery {
namespace {

class EurekaRegistry final : public Registry {
 public:
  EurekaRegistry(const RegistryParts& parts, const conf::Eureka& config)
      : parts_(parts), config_(config), http_(parts.loop, registry_tls(config.tls)) {}

  std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) override {
    if (!fetcher_) begin();
    return board_.watch(what.service, sink);
  }
  std::unique_ptr<Watch> watch_value(const std::string&, ValueSink&) override { return nullptr; }
  std::unique_ptr<Announcement> announce(const conf::Announce& what) override {
    return std::make_unique<EurekaAnnouncement>(parts_, config_, http_, what);
  }
  /// A lease, and a cache.
  Nanos settles_in() const override { return 120 * kNanosPerSecond; }
  RegistryStatus status() const override { return fetcher_ ? fetcher_->status() : RegistryStatus{}; }

 private:
  /// With the first watch: a registry that is only announced in is not read.
  void begin() {
    fetcher_ = std::make_unique<EurekaFetcher>(
        parts_, config_, http_,
        EurekaFetcher::News{[this](bool asked_for) { board_.was_read(asked_for); },
                            [this](const std::string& why, bool asked_for) { board_.failed(why, asked_for); }});
  }

  const RegistryParts parts_;
  const conf::Eureka config_;
  io::HttpClient http_;
  std::unique_ptr<EurekaFetcher> fetcher_;
  ServiceBoard board_{parts_.loop, [this](const std::string& service) { return fetcher_->apps().list(service); },
                      [this] { fetcher_->read_again(); }};
};

}  // namespace

std::unique_ptr<Registry> make_eureka(const RegistryParts& parts, const conf::Eureka& config) {
  return std::make_unique<EurekaRegistry>(parts, config);
}

}  // namespace penstock::discovery
