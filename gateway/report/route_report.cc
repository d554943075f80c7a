#include "gateway/report/route_report.h"

#include <string>
#include <utility>

namespace penstock {

std::vector<admin::RouteView> route_views(const proxy::Blueprint& blueprint) {
  const conf::Config& config = *blueprint.config;
  std::vector<admin::RouteView> views;
  for (const conf::Route& route : config.routes) {
    std::string match = route.match.host.empty() ? "" : route.match.host + " ";
    match += route.match.path.empty() ? "/*" : route.match.path;
    for (const std::string& method : route.match.methods) match += " " + method;
    for (const auto& [name, value] : route.match.headers) match += " " + name + ": " + value;
    for (const auto& [name, value] : route.match.query) match += " ?" + name + "=" + value;
    std::string target = route.upstream ? "upstream " + config.upstreams[*route.upstream].name
                         : route.respond
                             ? "respond " + std::to_string(route.respond->status)
                             : "redirect " + std::to_string(route.redirect->status) + " " + route.redirect->to;
    if (route.fallback) {
      target += route.fallback->upstream ? ", else upstream " + config.upstreams[*route.fallback->upstream].name
                                         : ", else respond " + std::to_string(route.fallback->respond->status);
    }
    views.push_back({route.id, std::move(match), std::move(target), blueprint.degraded->is_set(views.size())});
  }
  return views;
}

}  // namespace penstock
