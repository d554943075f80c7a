// The keys of `retry` and `circuit_breaker`: what is done when requests fail.
#include <algorithm>

#include "conf/describe/collection_shapes.h"
#include "conf/describe/overrides.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"

namespace penstock::conf {
namespace {

constexpr int kLeastStatus = 400;
constexpr int kMostStatus = 599;

/// Besides status codes.
constexpr Word<RetryCause> kCauses[] = {{"connect_failure", RetryCause::connect_failure}, {"reset", RetryCause::reset}};

std::string word_of(RetryCause cause) {
  const std::string_view word = word_for(kCauses, cause);
  return word.empty() ? std::to_string(static_cast<int>(cause)) : std::string(word);
}

Parsed<RetryCause> read_cause(std::string_view text) {
  if (const auto cause = value_of(kCauses, text)) return *cause;
  if (const auto status = parse_number(text, kLeastStatus, kMostStatus)) return status_cause(static_cast<int>(*status));
  return Failure{"must be " + listed(kCauses, ", ") + " or a status 400 … 599, is " + in_quotes(text) +
                 did_you_mean(text, texts_of(kCauses))};
}

ShapeOf<RetryCause> cause_shape() {
  const auto write = [](RetryCause cause) {
    const std::string_view word = word_for(kCauses, cause);
    return word.empty() ? Json(static_cast<int>(cause)) : Json(word);
  };
  Json::List words;
  for (const auto& [word, cause] : kCauses) words.emplace_back(word);
  const Json schema = either(Json::Map{{"enum", words}}, number_schema(kLeastStatus, kMostStatus));
  return parsed<RetryCause>(read_cause, write, schema);
}

Parsed<HedgeAfter> read_hedge_after(std::string_view text) {
  if (text == "p95") return HedgeAfter();
  if (const auto after = parse_duration(text, kShortestDuration, kLongestDuration)) return HedgeAfter(*after);
  return Failure{"must be p95, off or a duration of at least 1ms, is " + in_quotes(text)};
}
ShapeOf<std::optional<HedgeAfter>> hedge_shape() {
  const auto write = [](const HedgeAfter& after) { return after ? Json(format_duration(*after)) : Json("p95"); };
  const Json schema = either(Json::Map{{"enum", Json::List{"p95"}}}, duration()->schema());
  return or_word("off", parsed<HedgeAfter>(read_hedge_after, write, schema));
}
void complete_retry(Retry& retry, const Node& node, Problems&) {
  if (!node.has("max_backoff")) retry.max_backoff = std::max(retry.max_backoff, retry.backoff);
}

/// A bound that is not written gives way.
void check_retry(const Retry& retry, const Node& node, Problems& problems) {
  const Entry* most = node.find("max_backoff");
  if (!most || retry.max_backoff >= retry.backoff) return;
  problems.add(most->value->mark, "max_backoff: must not be shorter than backoff, which is " +
                                      format_duration(retry.backoff) + ", is " + format_duration(retry.max_backoff));
}

/// What a route does not write of the two is the upstream's, and not known here.
void check_route_retry(const Retry& retry, const Node& node, Problems& problems) {
  if (node.has("backoff")) check_retry(retry, node, problems);
}

enum class Whose { upstream, route };

std::shared_ptr<Section<Retry>> retry_section(Whose whose) {
  const auto causes = list<RetryCause>(cause_shape(), 1, word_of);
  auto section = std::make_shared<Section<Retry>>();
  section->key("attempts", &Retry::attempts, number<std::uint32_t>(1, kMostAttempts),
               "Tries in all, the first included, each at another endpoint as long as there is one.");
  section->key("on", &Retry::on, causes,
               "What is tried again: connect_failure, reset (closed before an answer), and status codes; a time-out is "
               "a 504.");
  if (whose == Whose::upstream) {
    section->key("budget", &Retry::budget, decimal(0, 10),
                 "Retries in any second, as a part of the upstream's requests in it.");
    section->key("min_per_second", &Retry::min_per_second, number<std::uint32_t>(0, 1'000'000),
                 "Retries a second besides, so that an upstream with few requests has some.");
  }
  section->key("backoff", &Retry::backoff, duration(),
               "A wait before a retry is drawn evenly from 0 to this, doubled with each further one.");
  section->key("max_backoff", &Retry::max_backoff, duration(),
               "The most that a wait is drawn from. Left out: 250ms, or backoff if that is longer.");
  section->key("max_body", &Retry::max_body, size(0, 16 << 20),
               "The longest body that is kept for another try; a request with a longer one has one.");
  section->key("per_try_timeout", &Retry::per_try_timeout, optional(duration()),
               "From a try being sent to the head of its answer. Left out: timeouts.first_byte alone.");
  section->key("hedge_after", &Retry::hedge_after, hedge_shape(),
               "When the answer's head takes longer, the request is sent to another endpoint too, and the first answer "
               "taken. p95: what 95 % of the upstream's answers take less than.");
  return section;
}

}  // namespace

ShapeOf<Retry> retry_shape() {
  const auto section = retry_section(Whose::upstream);
  section->completion(complete_retry);
  section->rule(check_retry);
  return section;
}

ShapeOf<Overrides<Retry>> route_retry_shape() {
  const auto section = retry_section(Whose::route);
  section->rule(check_route_retry);
  return overrides<Retry>(section, "the upstream's");
}

ShapeOf<CircuitBreaker> circuit_breaker_shape() {
  auto section = std::make_shared<Section<CircuitBreaker>>();
  section->key("window", &CircuitBreaker::window, duration(milliseconds(10), milliseconds(600'000)),
               "How far back requests count.");
  section->key("min_requests", &CircuitBreaker::min_requests, number<std::uint32_t>(1, 100'000),
               "Requests in the window without which it stays closed.");
  section->key("failure_ratio", &CircuitBreaker::failure_ratio, decimal(0, 1),
               "Opens when this part of the window's requests has failed; 0 is never.");
  section->key("slow_call", &CircuitBreaker::slow_call, duration(),
               "A request is slow if the head of its answer takes this long.");
  section->key("slow_ratio", &CircuitBreaker::slow_ratio, decimal(0, 1),
               "Opens when this part of the window's requests was slow; 0 is never.");
  section->key("open_for", &CircuitBreaker::open_for, duration(),
               "How long nothing is asked, until requests are let through to see.");
  section->key("half_open_requests", &CircuitBreaker::half_open_requests, number<std::uint32_t>(1, 1000),
               "How many are let through to see; they decide whether it closes or opens again.");
  section->key("ramp", &CircuitBreaker::ramp, duration(milliseconds(0)),
               "Once closed again, from a tenth to all of the load.");
  section->key(
      "per", &CircuitBreaker::per,
      choice<BreakerPer>(
          {{"upstream", BreakerPer::upstream}, {"endpoint", BreakerPer::endpoint}, {"both", BreakerPer::both}}),
      "endpoint: each has one, and is passed over while it is open; upstream: one for all.");
  section->key("enforce", &CircuitBreaker::enforce, truth(), "false: count, but refuse nothing.");
  return section;
}

}  // namespace penstock::conf
