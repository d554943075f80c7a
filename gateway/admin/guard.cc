#include "gateway/admin/guard.h"

#include <algorithm>
#include <string_view>

#include "gateway/base/same_secret.h"

namespace penstock::admin {
namespace {

/// The credentials of "Bearer CREDENTIALS" (RFC 9110 §11.4: any case, spaces); empty if it is another scheme.
std::string_view bearer(std::string_view value) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!http::iequals(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
  return value;
}

bool is_free(const http::RequestHead& head) {
  const bool reads = head.method == http::Method::get || head.method == http::Method::head;
  return reads && (head.path == "/livez" || head.path == "/readyz");
}

}  // namespace

bool Guard::lets_in(const http::RequestHead& head, bool certified) const {
  if (token_.empty() && !certificates_) return true;
  if (certificates_ && certified) return true;
  const http::Field* authorization = head.find("authorization");
  return !token_.empty() && authorization && same_secret(bearer(authorization->value), token_);
}

std::optional<Page> Guard::refusal(const http::RequestHead& head, bool certified) {
  if (is_free(head) || lets_in(head, certified)) return std::nullopt;
  ++refused_;
  std::string what =
      token_.empty() ? "a client's certificate is needed\n" : "a token is needed: Authorization: Bearer …\n";
  return Page{401, "text/plain; charset=utf-8", std::move(what), "Bearer realm=\"penstock\""};
}

}  // namespace penstock::admin
