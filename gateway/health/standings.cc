#include "gateway/health/standings.h"

#include <utility>

namespace penstock::health {

Entry& Standings::at(const std::string& address) {
  std::unique_ptr<Entry>& entry = entries_[address];
  if (!entry) entry = std::make_unique<Entry>(address);
  return *entry;
}

void Standings::arrived(Entry& entry) {
  entry.watched = true;
  if (entry.left_at != 0) left_.erase(entry.place);
  entry.left_at = 0;
}

void Standings::left(Entry& entry, Nanos now) {
  entry.watched = false;
  entry.record.reset();
  entry.checker.reset();
  entry.knock.reset();
  if (entry.suspect) entry.suspect->start_anew();
  entry.left_at = now;
  entry.place = left_.insert(left_.end(), &entry);
}

void Standings::forget(Nanos now) {
  while (!left_.empty() && (left_.size() > kRememberedMost || now - left_.front()->left_at > kRemembered)) {
    const std::string address = left_.front()->address;
    left_.pop_front();
    entries_.erase(address);
  }
}

}  // namespace penstock::health
