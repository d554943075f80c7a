// routes[].fields and routes[].rewrite, upstreams.NAME.host: what is changed on the way.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conf/text_template.h"

namespace penstock::conf {

/// Of one message's header fields, in this order: remove, set, add. Names are RFC 9110 tokens, as written, and none
/// that frames the message or belongs to one connection. A field whose value comes out empty is left out.
struct FieldChanges {
  std::vector<std::string> remove;
  std::vector<std::pair<std::string, TextTemplate>> set;  ///< in place of all fields of that name
  std::vector<std::pair<std::string, TextTemplate>> add;  ///< beside them
  bool empty() const { return remove.empty() && set.empty() && add.empty(); }
  friend bool operator==(const FieldChanges&, const FieldChanges&) = default;
};

struct Fields {
  FieldChanges request;   ///< as the upstream gets it, after the forwarding fields
  FieldChanges response;  ///< as the client gets it: also answers of our own, not interim ones
  friend bool operator==(const Fields&, const Fields&) = default;
};

/// Of the path that the upstream gets; the query stays. Exactly one is set.
struct Rewrite {
  std::string strip;  ///< a beginning that is taken away, whole segments only: "/api"; empty: not this one
  TextTemplate path;  ///< the whole path instead
  friend bool operator==(const Rewrite&, const Rewrite&) = default;
};

enum class HostFrom : std::uint8_t {
  client,    ///< the one that the client has asked for
  endpoint,  ///< the endpoint's name or address, as it is written, with its port
  name,      ///< UpstreamHost::name
};

/// The Host that backends see.
struct UpstreamHost {
  HostFrom from = HostFrom::client;
  std::string name;  ///< "orders.internal", "orders.internal:8080"
  friend bool operator==(const UpstreamHost&, const UpstreamHost&) = default;
};

}  // namespace penstock::conf
