#include "gateway/control/announcements.h"

#include <algorithm>
#include <utility>

namespace penstock {
namespace {

std::string place_of(const conf::Announce& what) {
  return what.registry + " " + what.service + " " + conf::Address{what.host, what.port, {}}.text();
}

}  // namespace

void Announcements::adopt(const Deployment& deployment) {
  std::vector<Entry> before = std::move(entries_);
  entries_.clear();
  for (conf::Announce what : deployment.config().announce) {
    if (what.zone.empty()) what.zone = deployment.config().zone;
    const auto& registry = deployment.registries().at(what.registry);
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const Entry& e) { return e.registry == registry && e.what == what; });
    if (same != before.end()) {
      entries_.push_back(std::move(*same));
      before.erase(same);
    } else {
      entries_.push_back({what, registry, registry->announce(what)});
    }
  }
  for (Entry& entry : before) end(std::move(entry), [] {});
}

bool Announcements::stand() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return !entry.announcement || entry.announcement->stands(); });
}

void Announcements::withdraw(std::function<void()> done) {
  auto left = std::make_shared<std::size_t>(entries_.size() + 1);
  const auto one = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  for (Entry& entry : std::exchange(entries_, {})) end(std::move(entry), one);
  one();
}

void Announcements::leave_to_successor(const std::set<std::string>& its_entries) {
  for (Entry& entry : std::exchange(entries_, {})) {
    if (!its_entries.contains(place_of(entry.what))) end(std::move(entry), [] {});
  }
}

std::set<std::string> Announcements::entries_of(const conf::Config& config) {
  std::set<std::string> entries;
  for (const conf::Announce& what : config.announce) entries.insert(place_of(what));
  return entries;
}

void Announcements::end(Entry entry, const std::function<void()>& done) {
  if (!entry.announcement) return done();
  auto kept = std::make_shared<Entry>(std::move(entry));
  kept->announcement->withdraw([kept, done]() mutable {
    done();
    kept.reset();
  });
}

}  // namespace penstock
