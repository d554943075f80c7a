// Text with {placeholders}, taken apart when the file is read: what a route writes into fields and paths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/parsed.h"

namespace penstock::conf {

enum class Placeholder : std::uint8_t {
  none,        ///< literal text
  path,        ///< the request's path, without its query
  rest,        ///< what the `*` at the end of the route's path stands for, with its slash: "/7", or nothing
  query,       ///< without its "?"
  uri,         ///< path, and the query with its "?" if there is one
  scheme,      ///< http, https
  host,        ///< as the request says it, with its port
  hostname,    ///< without a port; IPv6 in brackets
  port,        ///< the one that the request says; else the scheme's
  client_ip,   ///< the real client's (docs/config.md, trusted_proxies)
  request_id,  ///< X-Request-Id
  parameter,   ///< {name} of the route's path: one segment
};

struct TemplatePiece {
  Placeholder placeholder = Placeholder::none;
  std::string text;  ///< the literal, or the parameter's name
  /// Set by bind_template(): which segment of the path a parameter is, from 0; how many stand before the rest.
  std::uint32_t segment = 0;
  friend bool operator==(const TemplatePiece&, const TemplatePiece&) = default;
};

struct TextTemplate {
  std::string text;  ///< as it is written
  std::vector<TemplatePiece> pieces;
  bool is_literal() const {
    return pieces.size() <= 1 && (pieces.empty() || pieces[0].placeholder == Placeholder::none);
  }
  friend bool operator==(const TextTemplate&, const TextTemplate&) = default;
};

/// "{{" and "}}" are braces. A name that is no placeholder is a parameter. Fails on a brace that is not closed or not
/// opened, and on an empty or malformed name.
Parsed<TextTemplate> parse_template(std::string_view text);

/// Finds the parameters in a route's path (Match::path), and {rest} at its end. Empty, or what is wrong: an unknown
/// name, with what was probably meant, or {rest} where the path has no `*`.
std::string bind_template(TextTemplate& text, std::string_view route_path);

}  // namespace penstock::conf
