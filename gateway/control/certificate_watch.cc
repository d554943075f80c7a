#include "gateway/control/certificate_watch.h"

#include <optional>
#include <utility>

#include "gateway/io/background.h"

namespace penstock {
namespace {

constexpr Nanos kInterval = kNanosPerSecond;

}  // namespace

/// Used by one thread at a time: the pool's while it looks, the control thread otherwise.
struct CertificateWatch::Round {
  struct One {
    Watched watched;
    std::vector<std::string> paths;
    bool changed = false;  ///< since it was loaded
    std::optional<LoadedTls> loaded;
    TlsFindings found;
  };
  std::vector<One> all;

  void look(const std::shared_ptr<io::TicketKeys>& tickets) {
    for (One& one : all) {
      one.loaded.reset();
      auto now = identities_of(one.paths);
      if (now != one.watched.files) {
        one.watched.files = std::move(now);
        one.changed = true;
      } else if (std::exchange(one.changed, false)) {
        one.found = {};
        one.loaded = load_tls(one.watched.tls, tickets, one.watched.from, one.found);
      }
    }
  }
};

CertificateWatch::CertificateWatch(io::Loop& loop, std::shared_ptr<io::TicketKeys> tickets, Changed changed)
    : loop_(loop),
      tickets_(std::move(tickets)),
      changed_(std::move(changed)),
      next_look_(Deadline::of<&CertificateWatch::look>(this)) {}

void CertificateWatch::watch(std::vector<Watched> watched) {
  loop_.assert_here();
  round_.reset();
  next_look_.cancel();
  if (watched.empty()) return;
  round_ = std::make_shared<Round>();
  for (Watched& one : watched) {
    auto paths = paths_of(one.tls);
    round_->all.push_back({std::move(one), std::move(paths), false, std::nullopt, {}});
  }
  loop_.arm(next_look_, kInterval);
}

void CertificateWatch::look() {
  io::in_background(
      loop_, [round = round_, tickets = tickets_] { round->look(tickets); }, alive_.guard([this, round = round_] {
        if (round == round_) looked(*round);
      }));
}

void CertificateWatch::looked(const Round& round) {
  loop_.arm(next_look_, kInterval);
  for (std::size_t i = 0; i < round.all.size(); ++i) {
    if (round.all[i].loaded) changed_(i, round.all[i].loaded->context, round.all[i].found);
  }
}

}  // namespace penstock
