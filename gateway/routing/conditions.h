// What a route asks of a request beside host and path: its method, header fields and query.
#pragma once

#include <cstdint>
#include <string_view>

#include "conf/config.h"
#include "gateway/http/message.h"

namespace penstock::routing {

class Conditions {
 public:
  /// `match` must outlive this.
  explicit Conditions(const conf::Match& match);

  /// How many there are: one for the methods, however many are listed, and one for each field and query parameter.
  std::size_t count() const { return count_; }
  /// Methods are case-sensitive (RFC 9110 §9.1). HEAD is allowed where GET is.
  bool allow_method(const http::RequestHead& head) const;
  /// The conditions on header fields and on the query. One of several fields, or parameters, of a name is enough.
  bool hold(const http::RequestHead& head) const { return plain_ || (fields_hold(head) && query_holds(head)); }

  const conf::Match& match() const { return *match_; }

 private:
  bool fields_hold(const http::RequestHead& head) const;
  bool query_holds(const http::RequestHead& head) const;

  const conf::Match* match_;
  std::uint16_t methods_ = 0;  ///< a bit per http::Method
  std::uint16_t count_ = 0;
  bool plain_;  ///< asks nothing of fields and query
};

/// Whether a query ("a=1&b=x+y") has a parameter with this name and this value, both decoded; "*" is any value. "+" is
/// a space; a parameter without "=" has the value "". Allocates nothing.
bool query_has(std::string_view query, std::string_view name, std::string_view value);

}  // namespace penstock::routing
