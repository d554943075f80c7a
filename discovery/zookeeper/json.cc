// The layouts whose nodes hold JSON: curator, and plain.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "discovery/host_text.h"
#include "discovery/json_members.h"
#include "discovery/zookeeper/layout.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

std::optional<std::uint16_t> port_of(const Json* value) {
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  const auto port = value->get<std::uint64_t>();
  if (port < 1 || port > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

/// A number, or a text that is one; metadata are texts. nullopt: it is not there, or neither.
std::optional<double> decimal_of(const Json* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  if (!value->is_string()) return std::nullopt;
  const std::string& text = value->get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// 0 means: not to be listed. A weight that makes no sense is 1, rather than a reason to lose the instance.
std::uint32_t weight_of(const Json* value) {
  const auto number = decimal_of(value);
  if (!number) return 1;
  if (*number <= 0) return 0;
  return static_cast<std::uint32_t>(std::clamp(std::round(*number), 1.0, double{kMostWeight}));
}

std::uint32_t priority_of(const Json* value) {
  const auto number = decimal_of(value);
  return number && *number >= 0 && *number <= kMostPriority ? static_cast<std::uint32_t>(*number) : 0;
}

ChildRead read_address(const Json* host, const Json* port) {
  ChildRead out;
  Instance& instance = out.instance.emplace();
  const auto valid = read_host(text_of(host).value_or(""));
  if (!valid) return ChildRead::makes_no_sense("has no valid address");
  instance.host = *valid;
  const auto number = port_of(port);
  if (!number) return ChildRead::makes_no_sense("has no valid port");
  instance.port = *number;
  return out;
}

bool is_false(const Json* value) {
  return value != nullptr && (value->is_boolean() ? !value->get<bool>() : text_of(value) == "false");
}

bool is_down(const Json* status) {
  return status != nullptr && text_of(status) != "UP";
}

/// What `from` says besides the address. Without an instance if it says that there is none.
ChildRead with_weight(ChildRead read, const Json* from) {
  if (!read.instance) return read;
  read.instance->weight = weight_of(member(from, "weight"));
  if (read.instance->weight == 0) return ChildRead::takes_none();
  read.instance->zone = text_of(member(from, "zone")).value_or("").substr(0, kLongestMetadata);
  read.instance->priority = priority_of(member(from, "priority"));
  return read;
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

ChildRead read_curator_child(std::string_view data) {
  const auto node = parse_json<Json>(data);
  if (!node || !node->is_object()) return ChildRead::makes_no_sense("holds no JSON object");
  const Json* metadata = member(member(*node, "payload"), "metadata");
  if (is_false(member(*node, "enabled")) || is_down(member(metadata, "instance_status")))
    return ChildRead::takes_none();
  ChildRead read = with_weight(read_address(member(*node, "address"), member(*node, "port")), metadata);
  if (read.instance) read.instance->metadata = metadata_of(metadata);
  return read;
}

ChildRead read_plain_child(std::string_view name, std::string_view data) {
  data = trimmed(data);
  if (data.starts_with('{')) {
    const auto node = parse_json<Json>(data);
    if (!node) return ChildRead::makes_no_sense("holds broken JSON");
    if (is_false(member(*node, "enabled"))) return ChildRead::takes_none();
    return with_weight(read_address(member(*node, "host"), member(*node, "port")), &*node);
  }
  for (const std::string_view text : {data, name}) {
    auto both = read_host_port(text);
    if (!both) continue;
    ChildRead read;
    Instance& instance = read.instance.emplace();
    std::tie(instance.host, instance.port) = std::move(*both);
    return read;
  }
  return ChildRead::makes_no_sense("is host:port neither by its data nor by its name");
}

}  // namespace penstock::discovery
