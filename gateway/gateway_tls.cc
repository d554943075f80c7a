// Certificates: with a configuration, when they change on disk, and in the metrics.
#include <spdlog/spdlog.h>

#include "gateway/gateway.h"
#include "gateway/socket_address.h"

namespace penstock {

/// A configuration whose certificates can't be used is not good. On another thread.
Reloader::Load Gateway::with_tls(Reloader::Load load, std::shared_ptr<io::TicketKeys> tickets) {
  return [load = std::move(load), tickets = std::move(tickets)] {
    Reloader::Loaded loaded = load();
    if (!loaded.result.config) return loaded;
    TlsFindings found;
    loaded.tls = load_tls(*loaded.result.config, tickets, loaded.from, found);
    loaded.warnings = std::move(found.warnings);
    if (found.problems.empty()) return loaded;
    loaded.result.problems = std::move(found.problems);
    loaded.result.config = nullptr;
    return loaded;
  };
}

/// Those of the listeners, and the admin listener's as it was at the start, for it doesn't change.
void Gateway::watch_certificates(const conf::Config& config) {
  const auto& admin = first_config_->admin;
  const bool same_admin = config.admin == admin;
  if (admin_ && same_admin) admin_->encrypt(admin_tls_ = tls_->admin.context);
  std::vector<CertificateWatch::Watched> watched;
  watched_.clear();
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    if (!config.listeners[i].tls) continue;
    watched.push_back({next_from_, *config.listeners[i].tls, tls_->listeners[i].files});
    watched_.emplace_back(i);
  }
  if (admin && admin->tls) {
    watched.push_back({next_from_, *admin->tls, same_admin ? tls_->admin.files : std::vector<io::FileIdentity>()});
    watched_.emplace_back(std::nullopt);
  }
  if (!certificates_) {
    certificates_ = std::make_unique<CertificateWatch>(
        loop_, start_.tickets, [this](std::size_t index, io::ServerTlsPtr context, const TlsFindings& found) {
          certificates_changed(watched_[index], std::move(context), found);
        });
  }
  certificates_->watch(std::move(watched));
}

void Gateway::certificates_changed(std::optional<std::size_t> listener, io::ServerTlsPtr context,
                                   const TlsFindings& found) {
  for (const conf::Problem& problem : found.problems) spdlog::error("{}", problem.text());
  for (const conf::Problem& warning : found.warnings) spdlog::warn("{}", warning.text());
  if (!context) {
    spdlog::error("certificates have changed on disk and can't be used: those in use stay");
    listener ? listeners_.count_refused_tls(*listener) : void(++admin_tls_reloads_failed_);
    return;
  }
  for (const io::ServerTls::Facts& each : context->certificates())
    spdlog::info("{} has changed on disk, and is in use ({})", each.path, each.name);
  if (listener) {
    listeners_.change_tls(*listener, std::move(context));
  } else {
    ++admin_tls_reloads_succeeded_;
    admin_tls_ = std::move(context);
    admin_->encrypt(admin_tls_);
  }
}

std::vector<observe::TlsMetrics> Gateway::tls_metrics() const {
  std::vector<observe::TlsMetrics> all;
  const auto add = [&](std::string name, const io::ServerTls& tls, const observe::TlsStats* stats,
                       std::uint64_t succeeded, std::uint64_t failed) {
    observe::TlsMetrics& one = all.emplace_back();
    one.listener = std::move(name);
    one.stats = stats;
    one.reloads_succeeded = succeeded;
    one.reloads_failed = failed;
    for (const io::ServerTls::Facts& each : tls.certificates())
      one.certificates.push_back({each.name, each.path, static_cast<double>(each.not_after_unix_s)});
  };
  for (const Listeners::Encrypted& each : listeners_.encrypted()) {
    add(each.address.text(), *each.parts.tls, each.parts.tls_stats.get(), each.reloads_succeeded, each.reloads_failed);
  }
  if (admin_tls_) add("admin", *admin_tls_, nullptr, admin_tls_reloads_succeeded_, admin_tls_reloads_failed_);
  return all;
}

}  // namespace penstock
