// The keys of `health_check` and `outlier`: which endpoints are not used.
#include <algorithm>

#include "conf/describe/collection_shapes.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/http_text.h"

namespace penstock::conf {
namespace {

/// The short form of a health check: a path, or "tcp" for none.
Parsed<std::string> read_check(std::string_view text) {
  if (text == "tcp") return std::string();
  if (text.empty() || text[0] != '/') return Failure{"must be a path such as /healthz, or tcp, is " + in_quotes(text)};
  return read_check_path(text);
}

ShapeOf<StatusRange> status_shape() {
  const auto write = [](const StatusRange& range) {
    return range.first == range.last ? Json(range.first) : Json(format_status_range(range));
  };
  const Json texts = text_schema("^([2-5]xx|[2-5][0-9]{2}(-[2-5][0-9]{2})?)$");
  return parsed<StatusRange>(read_status_range, write,
                             either(Json::Map{{"type", "integer"}, {"minimum", 200}, {"maximum", 599}}, texts));
}

void complete_check(HealthCheck& check, const Node& node, Problems&) {
  if (!node.has("timeout")) check.timeout = std::min(check.timeout, check.interval);
}

void check_check(const HealthCheck& check, const Node& node, Problems& problems) {
  for (const char* key : {"host", "status"}) {
    if (check.path.empty() && node.has(key))
      problems.add(node.find(key)->mark, std::string(key) + " is for a check by HTTP, which needs a path");
  }
  if (check.timeout > check.interval) {
    problems.add(node.find("timeout")->value->mark, "timeout: must not be longer than the interval, which is " +
                                                        format_duration(check.interval) + ", is " +
                                                        format_duration(check.timeout));
  }
}

void complete_outlier(Outlier& outlier, const Node& node, Problems&) {
  if (!node.has("max_eject_for")) outlier.max_eject_for = std::max(outlier.max_eject_for, outlier.eject_for);
}

void check_outlier(const Outlier& outlier, const Node& node, Problems& problems) {
  if (outlier.max_eject_for >= outlier.eject_for) return;
  problems.add(node.find("max_eject_for")->value->mark, "max_eject_for: must not be shorter than eject_for, which is " +
                                                            format_duration(outlier.eject_for) + ", is " +
                                                            format_duration(outlier.max_eject_for));
}

}  // namespace

ShapeOf<HealthCheck> health_check_shape() {
  const auto status = list<StatusRange>(status_shape(), 1, format_status_range);
  auto section = std::make_shared<Section<HealthCheck>>();
  section->key("path", &HealthCheck::path, text_like("^/[^#]*$", read_check_path),
               "What is asked for by HTTP. Left out: a connection that can be made is enough.");
  section->key("host", &HealthCheck::host, text_like(R"(^[^\s/]+$)", read_host_field),
               "The Host field. Left out: the endpoint's address.");
  section->key("port", &HealthCheck::port, optional(number<std::uint16_t>(1, 65535)),
               "Left out: the endpoint's own port.");
  section
      ->key("status", &HealthCheck::status, status,
            "What a healthy endpoint answers: any of these codes, classes (2xx) and ranges (200-399).")
      .when([](const HealthCheck& check) { return !check.path.empty(); });  // without HTTP none may be written
  section->key("interval", &HealthCheck::interval, duration(milliseconds(10)), "Between two checks of an endpoint.");
  section->key("timeout", &HealthCheck::timeout, duration(),
               "For a whole check. Left out: 2s, or the interval if that is shorter.");
  section->key("unhealthy_after", &HealthCheck::unhealthy_after, number<std::uint32_t>(1, 1000),
               "Failed checks in a row, until an endpoint is not used any more.");
  section->key("healthy_after", &HealthCheck::healthy_after, number<std::uint32_t>(1, 1000),
               "Passed checks in a row, until it is used again.");
  section->completion(complete_check);
  section->rule(check_check, Json::Map{{"dependentRequired",
                                        Json::Map{{"host", Json::List{"path"}}, {"status", Json::List{"path"}}}}});
  return short_form(&HealthCheck::path, text_like("^(tcp|/[^#]*)$", read_check), ShapeOf<HealthCheck>(section));
}

ShapeOf<Outlier> outlier_shape() {
  auto section = std::make_shared<Section<Outlier>>();
  section->key("consecutive_failures", &Outlier::consecutive_failures, number<std::uint32_t>(0, 1'000'000),
               "Ejected after so many failures in a row; 0 is never.");
  section->key("failure_ratio", &Outlier::failure_ratio, decimal(0, 1),
               "Ejected if more than this part of the window's requests failed; 0 is never.");
  section->key("min_requests", &Outlier::min_requests, number<std::uint32_t>(1, 1'000'000),
               "Requests in the window, from which on failure_ratio is asked; success_rate_stdev and latency_ratio "
               "want five times as many.");
  section->key("window", &Outlier::window, duration(std::chrono::seconds(1), std::chrono::minutes(1)),
               "How far back requests count.");
  section->key("success_rate_stdev", &Outlier::success_rate_stdev, or_word("off", decimal(0.5, 10)),
               "Ejected if its success rate is so many standard deviations below the mean of all; or off.");
  section->key("latency_ratio", &Outlier::latency_ratio, or_word("off", decimal(1.1, 1000)),
               "Ejected if its P99 is so many times the median of the endpoints' P99s; or off.");
  section->key("eject_for", &Outlier::eject_for, duration(),
               "How long the first ejection lasts; the second in a row twice as long, and so on.");
  section->key("max_eject_for", &Outlier::max_eject_for, duration(),
               "The longest ejection. Left out: 5m, or eject_for if that is longer.");
  section->key("max_ejected", &Outlier::max_ejected, decimal(0, 1),
               "The part of the endpoints that may be ejected at a time: always one, never the last.");
  section->key("enforce", &Outlier::enforce, truth(), "false: count and tell, but eject nobody.");
  section->completion(complete_outlier);
  section->rule(check_outlier);
  return section;
}

}  // namespace penstock::conf
