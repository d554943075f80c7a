// What etcd's JSON gateway answers, read. Pure; any bytes may come.
// https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/registry.h"

namespace penstock::discovery {

struct EtcdPair {
  std::string key;
  std::string value;
  std::uint64_t version = 0;  ///< mod_revision
};

struct EtcdRange {
  std::uint64_t revision = 0;  ///< of the whole store, when this was read
  std::vector<EtcdPair> pairs;
};

/// POST /v3/kv/range. nullopt with `why` if it makes no sense, or is not the whole range.
std::optional<EtcdRange> parse_etcd_range(std::string_view body, std::string& why);

struct EtcdEvent {
  bool deleted = false;
  EtcdPair pair;  ///< of a deletion: without a value
};

struct EtcdNews {
  std::vector<EtcdEvent> events;
  bool ended = false;  ///< the watch is over: what was asked for has been compacted away, or is not allowed
  std::string why;     ///< of that
};

/// One object of the stream that POST /v3/watch answers.
std::optional<EtcdNews> parse_etcd_news(std::string_view object, std::string& why);

struct EtcdMember {
  std::optional<Instance> instance;  ///< nullopt: not in service (weight 0, disabled), or makes no sense
  std::string bad;                   ///< why it makes no sense; empty: it does
  friend bool operator==(const EtcdMember&, const EtcdMember&) = default;
};

/// A key's value as an instance: "host:port", or an object with host ("host", "address", "Addr"), port (there or in the
/// address), weight, zone, priority and metadata ("metadata", "Metadata"), where weight, zone and priority may stand,
/// too. etcd's own naming has this form: {"Op":0,"Addr":"1.2.3.4:80","Metadata":…}.
EtcdMember parse_etcd_member(std::string_view value);

/// {"error": …, "code": …}: the text; empty if there is none.
std::string parse_etcd_error(std::string_view body);

/// The string or the number of a member of an object; nullopt if there is none.
std::optional<std::string> parse_etcd_text(std::string_view body, const char* name);
std::optional<std::uint64_t> parse_etcd_number(std::string_view body, const char* name);

/// The end of the range of all keys that begin with `prefix`.
std::string etcd_range_end(std::string prefix);

}  // namespace penstock::discovery
