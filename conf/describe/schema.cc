#include "conf/describe/schema.h"

namespace penstock::conf {
namespace {

const std::string kEnvironmentPattern = R"(\$\{)";

}  // namespace

Json either(const Json& a, const Json& b) {
  Json::List choices;
  for (const Json* schema : {&a, &b}) {
    const bool nested = schema->map().size() == 1 && schema->map()[0].first == "anyOf";
    if (nested) {
      const Json::List& inner = schema->map()[0].second.list();
      choices.insert(choices.end(), inner.begin(), inner.end());
    } else {
      choices.push_back(*schema);
    }
  }
  return Json::Map{{"anyOf", choices}};
}

Json or_environment(const Json& schema) {
  return either(schema, Json::Map{{"type", "string"}, {"pattern", kEnvironmentPattern}});
}

Json text_schema(const std::string& pattern) {
  return Json::Map{{"type", "string"}, {"pattern", pattern + "|" + kEnvironmentPattern}};
}

Json number_schema(std::uint64_t min, std::uint64_t max) {
  return either(Json::Map{{"type", "integer"}, {"minimum", min}, {"maximum", max}}, text_schema("^(0|[1-9][0-9]*)$"));
}

Json decimal_schema(double min, double max) {
  return either(Json::Map{{"type", "number"}, {"minimum", min}, {"maximum", max}},
                text_schema(R"(^(0|[1-9][0-9]*)(\.[0-9]+)?$)"));
}

}  // namespace penstock::conf
