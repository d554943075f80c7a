#include "conf/rewrite_text.h"

#include "conf/http_text.h"
#include "conf/path_pattern.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

constexpr const char* kEmptySegment = "has an empty segment";

bool has_empty_segment(std::string_view path) {
  return path.find("//") != std::string_view::npos;
}

/// A path as the template may come out, with the least friendly thing that each placeholder can stand for: a parameter
/// may hold %2F, which some backends take for a slash.
std::string worst_path(const TextTemplate& path) {
  std::string worst;
  for (const TemplatePiece& piece : path.pieces) worst += piece.placeholder == Placeholder::none ? piece.text : "/x/";
  return worst;
}

/// Of a path with "/v2/{rest}", a slash too many.
bool doubles_a_slash(const TextTemplate& path) {
  for (std::size_t i = 1; i < path.pieces.size(); ++i) {
    const bool slash_follows =
        path.pieces[i].placeholder == Placeholder::rest || path.pieces[i].placeholder == Placeholder::path;
    if (slash_follows && path.pieces[i - 1].text.ends_with('/')) return true;
  }
  return false;
}

std::string not_of_a_path(const TextTemplate& path) {
  for (const TemplatePiece& piece : path.pieces) {
    const Placeholder what = piece.placeholder;
    const bool fits = what == Placeholder::none || what == Placeholder::path || what == Placeholder::rest ||
                      what == Placeholder::parameter;
    if (!fits) return "takes {path}, {rest} and parameters of the route's path only";
  }
  return "";
}

}  // namespace

Parsed<std::string> read_strip(std::string_view text) {
  const std::string problem = problem_of_path(text);
  if (!problem.empty()) return Failure{problem};
  if (has_empty_segment(text)) return Failure{kEmptySegment};
  if (text.find_first_of("{}*") != std::string_view::npos)
    return Failure{"is the beginning of a path, such as /api, without * and {parameters}; is " + in_quotes(text)};
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return Failure{"must name a segment at least, such as /api"};
  return std::string(text);
}

Parsed<TextTemplate> read_path_template(std::string_view text) {
  if (!text.starts_with('/')) return Failure{"must begin with /, is " + in_quotes(text)};
  auto path = parse_template(text);
  if (!path) return path;
  std::string problem = not_of_a_path(*path);
  if (doubles_a_slash(*path)) return Failure{"{path} and {rest} have a / of their own: leave out the one before it"};
  if (problem.empty()) problem = problem_of_path(worst_path(*path));
  if (!problem.empty()) return Failure{problem};
  if (has_empty_segment(text)) return Failure{kEmptySegment};
  return path;
}

Parsed<UpstreamHost> read_upstream_host(std::string_view text) {
  if (text == "client") return UpstreamHost{HostFrom::client, {}};
  if (text == "endpoint") return UpstreamHost{HostFrom::endpoint, {}};
  const auto name = read_host_field(text);
  if (!name) return Failure{name.problem() + "; or client, or endpoint"};
  return UpstreamHost{HostFrom::name, *name};
}

std::string format_upstream_host(const UpstreamHost& host) {
  if (host.from == HostFrom::client) return "client";
  return host.from == HostFrom::endpoint ? "endpoint" : host.name;
}

}  // namespace penstock::conf
