#include "gateway/proxy/client_address.h"

#include <algorithm>
#include <optional>

namespace penstock::proxy {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_port_or_nothing(std::string_view text) {
  if (text.empty()) return true;
  return text.size() >= 2 && text.size() <= 6 && text[0] == ':' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "[v6]", "[v6]:port", "v4:port", or a bare address of either kind.
std::optional<IpAddress> parse_entry(std::string_view entry) {
  if (entry.starts_with('[')) {
    const std::size_t close = entry.find(']');
    if (close == std::string_view::npos || !is_port_or_nothing(entry.substr(close + 1))) return std::nullopt;
    return IpAddress::parse(entry.substr(1, close - 1));
  }
  const std::size_t colon = entry.find(':');
  const bool one_colon = colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos;
  if (!one_colon) return IpAddress::parse(entry);
  if (!is_port_or_nothing(entry.substr(colon))) return std::nullopt;
  return IpAddress::parse(entry.substr(0, colon));
}

/// Entries of a list that is spread over several fields, the last one first.
class EntriesFromTheRight {
 public:
  explicit EntriesFromTheRight(std::span<const std::string_view> fields) : fields_(fields) {}

  /// nullopt after the leftmost. Empty entries are passed over (RFC 9110 §5.6.1.2), but count for the bound.
  std::optional<std::string_view> next() {
    while (looked_at_ < kMaxForwardedEntries && (more_in_field_ || !fields_.empty())) {
      ++looked_at_;
      if (const std::string_view entry = take(); !entry.empty()) return entry;
    }
    return std::nullopt;
  }

 private:
  std::string_view take() {
    if (!more_in_field_) {
      rest_ = fields_.back();
      fields_ = fields_.first(fields_.size() - 1);
    }
    const std::size_t comma = rest_.rfind(',');
    more_in_field_ = comma != std::string_view::npos;
    const std::string_view entry = more_in_field_ ? rest_.substr(comma + 1) : rest_;
    rest_ = more_in_field_ ? rest_.substr(0, comma) : std::string_view{};
    return trim(entry);
  }

  std::span<const std::string_view> fields_;  ///< not yet begun
  std::string_view rest_;                     ///< of the field being read: what stands left of the last comma
  bool more_in_field_ = false;
  std::size_t looked_at_ = 0;
};

}  // namespace

IpAddress client_address(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                         const CidrSet& trusted) {
  if (trusted.empty()) return peer;
  IpAddress client = peer;
  EntriesFromTheRight entries(forwarded_for);
  while (trusted.contains(client)) {
    const auto entry = entries.next();
    const auto address = entry ? parse_entry(*entry) : std::nullopt;
    if (!address) break;
    client = *address;
  }
  return client;
}

}  // namespace penstock::proxy
