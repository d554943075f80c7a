// Who may ask the admin server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "gateway/admin/pages.h"
#include "gateway/http/message.h"

namespace penstock::admin {

/// Belongs to the control thread.
class Guard {
 public:
  /// `token`: opens everything, as "Authorization: Bearer TOKEN" (RFC 6750 §2.1); empty: none does. `certificates`: so
  /// does a client's certificate. With neither nothing is guarded.
  Guard(std::string token, bool certificates) : token_(std::move(token)), certificates_(certificates) {}

  /// What to answer instead: 401; nullopt if the request is to be served. `certified`: the client has shown a
  /// certificate that was verified. Whether the gateway lives and is ready may be asked by anybody: load balancers do.
  std::optional<Page> refusal(const http::RequestHead& head, bool certified);

  /// Requests refused so far.
  std::uint64_t refused() const { return refused_; }

 private:
  bool lets_in(const http::RequestHead& head, bool certified) const;

  const std::string token_;
  const bool certificates_;
  std::uint64_t refused_ = 0;
};

}  // namespace penstock::admin
