// Dubbo's layout: a provider is the percent-encoded URL that is its node's name.
#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "conf/utf8.h"
#include "conf/values.h"
#include "discovery/host_text.h"
#include "discovery/zookeeper/layout.h"
#include "gateway/base/percent.h"

namespace penstock::discovery {
namespace {

/// As Java's URLEncoder writes it: a plus is a space.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int byte = percent_byte(text.substr(i));
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

/// Values may be in any language (`owner=…`), as long as they can be told on as JSON.
bool is_plain_utf8(std::string_view text) {
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  return conf::is_utf8(text) && std::none_of(text.begin(), text.end(), is_control);
}

/// "name=value&…", sorted by name; of a name that stands there twice, the first. All of them, as those that decide
/// come last: Dubbo sorts them, writes five for each method, and `version` and `weight` are behind.
Metadata parameters(std::string_view query) {
  Metadata out;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(std::min(pair.size(), equals + 1));
    if (!name.empty() && pair.size() <= kLongestMetadata) out.emplace_back(name, value);
  }
  const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(out.begin(), out.end(), less);
  out.erase(std::unique(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
            out.end());
  return out;
}

std::string value_of(const Metadata& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.first == name; });
  return found == all.end() ? std::string() : found->second;
}

/// 0: not to be listed, as Dubbo takes whatever is below zero, too.
std::uint32_t weight_in(const std::string& text) {
  if (text.starts_with('-')) return 0;
  const auto weight = conf::parse_number(text, 0, ~std::uint64_t{0});
  return weight ? static_cast<std::uint32_t>(std::min<std::uint64_t>(*weight, kMostWeight))
                : ZooKeeperLayout::kDubboWeight;
}

/// `more` is the URL's ext.protocol: what else the same port speaks, with commas between.
bool is_binary(std::string_view scheme, std::string_view more) {
  if (scheme != "dubbo") return false;
  while (!more.empty()) {
    const std::string_view each = more.substr(0, more.find(','));
    if (each == "tri") return false;
    more.remove_prefix(std::min(more.size(), each.size() + 1));
  }
  return true;
}

}  // namespace

ChildRead read_dubbo_child(std::string_view name, const std::string& group, const std::string& version) {
  const auto url = decode(name);
  const std::size_t scheme = url ? url->find("://") : std::string::npos;
  if (scheme == std::string::npos || !is_plain_utf8(*url))
    return ChildRead::makes_no_sense("is no percent-encoded URL");
  const std::string_view rest = std::string_view(*url).substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  auto address = read_host_port(authority.substr(authority.rfind('@') + 1));
  if (!address) return ChildRead::makes_no_sense("has no valid host and port in its URL");

  const std::size_t question = rest.find('?');
  Metadata all = parameters(question == rest.npos ? std::string_view() : rest.substr(question + 1));
  if (!group.empty() && value_of(all, "group") != group) return {};
  if (!version.empty() && value_of(all, "version") != version) return {};
  if (value_of(all, "disabled") == "true" || value_of(all, "enabled") == "false") return ChildRead::takes_none();

  ChildRead read;
  Instance& instance = read.instance.emplace();
  std::tie(instance.host, instance.port) = std::move(*address);
  instance.weight = weight_in(value_of(all, "weight"));
  if (instance.weight == 0) return ChildRead::takes_none();
  instance.zone = value_of(all, "zone");
  read.is_binary = is_binary(std::string_view(*url).substr(0, scheme), value_of(all, "ext.protocol"));
  // The first two change with each start of a provider, and say nothing of it.
  std::erase_if(all, [](const auto& each) {
    return each.first == "timestamp" || each.first == "pid" || each.first == "protocol";
  });
  if (all.size() >= kMostMetadata) all.resize(kMostMetadata - 1);
  if (scheme <= kLongestMetadata) all.emplace_back("protocol", url->substr(0, scheme));
  std::sort(all.begin(), all.end());
  instance.metadata = std::move(all);
  return read;
}

}  // namespace penstock::discovery
