// The keys of a route.
#include "conf/describe/collection_shapes.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/fallback_cause.h"
#include "conf/http_text.h"
#include "conf/path_pattern.h"
#include "conf/priority_name.h"

namespace penstock::conf {
namespace {

ShapeOf<Match> match_shape() {
  const auto method = text_like(kTokenPattern, read_method);
  const auto same = [](const std::string& text) { return text; };
  auto section = std::make_shared<Section<Match>>();
  section->key("host", &Match::host, text_like(R"(^(\*\.)?[^*/\s]+$)", read_host_pattern),
               "Exact (api.example.com), or any name below one (*.example.com). Without port.");
  section->key("path", &Match::path, text_like("^/[^?#]*$", read_path_pattern),
               "Exact (/ping), all below (/users/*), or with parameters (/users/{id}).");
  section->key("methods", &Match::methods, list<std::string>(method, 1, same),
               "Any of these. GET lets HEAD through too.");
  section->key("headers", &Match::headers,
               pairs(text_like(kTokenPattern, read_field_name), free_text(read_field_value)),
               "All of these header fields, each with just this value, or with any (\"*\").");
  section->key("query", &Match::query, pairs(text_like(R"([\s\S])", read_query_name), free_text(read_any)),
               "All of these query parameters, each with just this value (decoded), or with any (\"*\").");
  return section;
}

ShapeOf<Respond> respond_shape() {
  const auto status = number<int>(200, 599);
  auto section = std::make_shared<Section<Respond>>();
  section->key("status", &Respond::status, status, "The status code.");
  section->key("body", &Respond::body, free_text(read_any), "The whole body.");
  section->key("content_type", &Respond::content_type,
               text_like(R"(^[!#$%&'*+.^_`|~0-9A-Za-z-]+/.+$)", read_content_type), "The Content-Type field.");
  section->rule([](const Respond& respond, const Node& node, Problems& problems) {
    const bool bodiless = respond.status == 204 || respond.status == 205 || respond.status == 304;
    if (bodiless && !respond.body.empty()) {
      problems.add(node.mark, "an answer with status " + std::to_string(respond.status) + " has no body");
    }
  });
  return short_form(&Respond::status, status, ShapeOf<Respond>(section));
}

ShapeOf<Redirect> redirect_shape() {
  const auto to = text_like(R"(^(/|https?://|\{)[^\s]*$)", read_redirect_target);
  auto section = std::make_shared<Section<Redirect>>();
  section->key(
      "to", &Redirect::to, to,
      "The Location. {scheme} {host} {path} {query} {uri} stand for the request's; {uri} is the path with its query.",
      Need::required);
  section->key("status", &Redirect::status,
               choice<int>({{"301", 301}, {"302", 302}, {"303", 303}, {"307", 307}, {"308", 308}}), "The status code.");
  return short_form(&Redirect::to, to, ShapeOf<Redirect>(section));
}

ShapeOf<std::vector<FallbackCause>> fallback_causes_shape() {
  const auto name = [](const FallbackCause& cause) { return std::string(name_of(cause)); };
  return list<FallbackCause>(choice(kFallbackCauseNames), 1, name);
}

ShapeOf<DraftFallback> fallback_shape() {
  auto section = std::make_shared<Section<DraftFallback>>();
  section->key("respond", &DraftFallback::respond, optional(respond_shape()), "A fixed answer.");
  section->key("upstream", &DraftFallback::upstream, optional(placed(name_shape())),
               "Another upstream, under its own limits, breakers, retries and timeouts.");
  section->key("on", &DraftFallback::on, fallback_causes_shape(),
               "In which cases: rate_limit (what would be a 429), overload, circuit_open, no_endpoint, failure (the "
               "last try had no answer). Left out: all but rate_limit.");
  section->rule(
      [](const DraftFallback& fallback, const Node& node, Problems& problems) {
        if (fallback.respond.has_value() != fallback.upstream.has_value()) return;
        problems.add(node.mark, std::string("a fallback needs exactly one of respond and upstream; this has ") +
                                    (fallback.respond ? "both" : "none"));
      },
      Json::Map{{"oneOf", Json::List{Json::Map{{"required", Json::List{"respond"}}},
                                     Json::Map{{"required", Json::List{"upstream"}}}}}});
  return section;
}

void check_action(const DraftRoute& route, const Node& node, Problems& problems) {
  const int actions = route.upstream.has_value() + route.respond.has_value() + route.redirect.has_value();
  if (actions != 1) {
    problems.add(node.mark, std::string("a route needs exactly one of upstream, respond and redirect; this has ") +
                                (actions == 0 ? "none" : std::to_string(actions)));
  } else if (route.timeouts && !route.upstream) {
    problems.add(node.mark, "timeouts are for a route with an upstream");
  } else if (route.retry && !route.upstream) {
    problems.add(node.mark, "retry is for a route with an upstream");
  } else if (route.rewrite && !route.upstream) {
    problems.add(node.find("rewrite")->mark, "rewrite is for a route with an upstream");
  } else if (!route.fields.request.empty() && !route.upstream) {
    problems.add(node.find("fields")->value->find("request")->mark, "fields.request is for a route with an upstream");
  }
}

Json action_schema() {
  Json::List one_of;
  for (const char* action : {"upstream", "respond", "redirect"}) {
    one_of.push_back(Json::Map{{"required", Json::List{action}}});
  }
  Json::Map need_upstream;
  for (const char* key : {"timeouts", "retry", "rewrite"}) need_upstream.emplace_back(key, Json::List{"upstream"});
  return Json::Map{{"oneOf", one_of}, {"dependentRequired", need_upstream}};
}

}  // namespace

ShapeOf<DraftRoute> route_shape() {
  auto section = std::make_shared<Section<DraftRoute>>();
  section->key("id", &DraftRoute::id, optional(placed(name_shape())),
               "Names the route in logs and metrics. Made from the match if it is left out.");
  section->key("match", &DraftRoute::match, match_shape(),
               "What a request must have; all of it. Left out: any request.");
  section->key("upstream", &DraftRoute::upstream, optional(placed(name_shape())),
               "Where requests are sent: the name of an upstream.");
  section->key("respond", &DraftRoute::respond, optional(respond_shape()), "A fixed answer.");
  section->key("redirect", &DraftRoute::redirect, optional(redirect_shape()), "A redirect.");
  section->key("max_body", &DraftRoute::max_body, optional(size(0, std::uint64_t{1} << 50, Unlimited::allowed)),
               "Overrides the listener's max.body; larger bodies get 413.");
  section->key("limits", &DraftRoute::limits, limits_shape(), "What may pass; asked in this order.");
  section->key("priority", &DraftRoute::priority, choice(kPriorities),
               "Which requests go first when not all can be served.");
  section->key("cost", &DraftRoute::cost, placed(number<std::uint16_t>(1, 1000)),
               "What each request takes of a token bucket, of the upstream's too; no more than the burst.");
  section->key("fallback", &DraftRoute::fallback, optional(fallback_shape()),
               "What is done with a request instead of refusing it.");
  section->key("rewrite", &DraftRoute::rewrite, optional(rewrite_shape()),
               "Another path for the upstream; the query stays.");
  section->key("fields", &DraftRoute::fields, fields_shape(),
               "Which header fields are taken away, set and added, in this order.");
  section->key("timeouts", &DraftRoute::timeouts, optional(route_timeouts_shape()),
               "Overrides of the upstream's timeouts.");
  section->key("retry", &DraftRoute::retry, optional(or_word("off", route_retry_shape())),
               "Overrides of the upstream's retries; or off.");
  section->completion(bind_templates);
  section->rule(check_action, action_schema());
  return section;
}

}  // namespace penstock::conf
