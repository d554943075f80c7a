#include "gateway/health/standings_memory.h"

#include <vector>

#include "gateway/base/key_values.h"
#include "gateway/base/number_text.h"

namespace penstock::health {
namespace {

/// Each entry is this many texts.
enum Part : std::size_t { address, since, complaint, ejection, by_connect_failures, until, ended_at, times, kParts };

std::uint64_t number(const std::string& text) {
  return read_number(text).value_or(0);
}

void recall_one(Entry& entry, const std::string* parts, const conf::Upstream& upstream) {
  const bool unhealthy = upstream.health_check && !parts[complaint].empty();
  const bool ejected = upstream.outlier && upstream.outlier->enforce && !parts[ejection].empty();
  if (upstream.outlier) entry.suspect.emplace(*upstream.outlier);
  if (unhealthy) {
    entry.tally.add(false, *upstream.health_check);
    entry.complaint = parts[complaint];
    if (entry.suspect) entry.suspect->unhealthy = true;
  }
  if (ejected) {
    entry.suspect->term = EjectionTerm(number(parts[until]), number(parts[ended_at]), number(parts[times]));
    entry.ejected = true;
    entry.by_connect_failures = parts[by_connect_failures] == "1";
    entry.ejection = parts[ejection];
  }
  if (!unhealthy && !ejected) return;
  entry.standing.state = unhealthy ? State::unhealthy : State::ejected;
  entry.standing.reason = unhealthy ? entry.complaint : entry.ejection;
  entry.standing.since_unix_ms = number(parts[since]);
}

}  // namespace

std::string memory_of(const Standings& standings) {
  std::vector<std::string> texts;
  standings.for_each([&](const Entry& entry) {
    if (entry.standing.usable()) return;
    const EjectionTerm term = entry.suspect ? entry.suspect->term : EjectionTerm();
    texts.push_back(entry.address);
    texts.push_back(std::to_string(entry.standing.since_unix_ms));
    texts.push_back(entry.tally.healthy() ? "" : entry.complaint);
    texts.push_back(entry.ejected ? entry.ejection : "");
    texts.emplace_back(entry.by_connect_failures ? "1" : "0");
    for (const std::uint64_t each : {term.until(), term.ended_at(), term.times()})
      texts.push_back(std::to_string(each));
  });
  return packed(texts);
}

void recall(Standings& standings, std::string_view memory, const conf::Upstream& upstream, Nanos now) {
  const auto texts = unpacked(memory);
  if (!texts || texts->size() % kParts != 0) return;
  for (std::size_t i = 0; i < texts->size(); i += kParts) {
    Entry& entry = standings.at((*texts)[i + address]);
    recall_one(entry, texts->data() + i, upstream);
    standings.left(entry, now);
  }
}

}  // namespace penstock::health
