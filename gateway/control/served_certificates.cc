#include "gateway/control/served_certificates.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace penstock {

ServedCertificates::ServedCertificates(io::Loop& loop, Listeners& listeners, AdminDoor& admin,
                                       std::shared_ptr<io::TicketKeys> tickets)
    : listeners_(listeners),
      admin_(admin),
      watch_(loop, std::move(tickets), [this](std::size_t index, io::ServerTlsPtr context, const TlsFindings& found) {
        changed(watched_[index], std::move(context), found);
      }) {}

void ServedCertificates::adopt(const conf::Config& config, const TlsContexts& contexts, const std::string& from) {
  const auto& admin = admin_.config();
  const bool same_admin = config.admin == admin;  // else it needs a restart
  if (same_admin) admin_.encrypt(contexts.admin.context);
  std::vector<CertificateWatch::Watched> watched;
  watched_.clear();
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    if (!config.listeners[i].tls) continue;
    watched.push_back({from, *config.listeners[i].tls, contexts.listeners[i].files});
    watched_.emplace_back(i);
  }
  if (admin && admin->tls) {
    watched.push_back({from, *admin->tls, same_admin ? contexts.admin.files : std::vector<io::FileIdentity>()});
    watched_.emplace_back(std::nullopt);
  }
  watch_.watch(std::move(watched));
}

void ServedCertificates::changed(Where where, io::ServerTlsPtr context, const TlsFindings& found) {
  for (const conf::Problem& problem : found.problems) spdlog::error("{}", problem.text());
  for (const conf::Problem& warning : found.warnings) spdlog::warn("{}", warning.text());
  if (!context) {
    spdlog::error("certificates have changed on disk and can't be used: those in use stay");
    where ? listeners_.count_refused_tls(*where) : void(++admin_reloads_failed_);
    return;
  }
  for (const io::ServerTls::Facts& each : context->certificates())
    spdlog::info("{} has changed on disk, and is in use ({})", each.path, each.name);
  if (where) {
    listeners_.change_tls(*where, std::move(context));
  } else {
    ++admin_reloads_succeeded_;
    admin_.encrypt(std::move(context));
  }
}

std::vector<observe::TlsMetrics> ServedCertificates::metrics() const {
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
  if (admin_.tls()) add("admin", *admin_.tls(), nullptr, admin_reloads_succeeded_, admin_reloads_failed_);
  return all;
}

}  // namespace penstock
