// The keys of `limits`: what may pass.
#include "conf/describe/collection_shapes.h"
#include "conf/describe/limit_defaults.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/limit_bounds.h"
#include "conf/limit_kind.h"
#include "conf/rate.h"

namespace penstock::conf {
namespace {

ShapeOf<Rate> rate_shape() {
  return parsed<Rate>(parse_rate, format_rate, text_schema("^[1-9][0-9]*/([1-9][0-9]*)?(ms|s|m|h|d)$"));
}

ShapeOf<Limit> token_bucket_shape() {
  auto section = std::make_shared<Section<Limit>>();
  section->key("rate", &Limit::rate, rate_shape(),
               "So many in a time: 100/s, 6000/m, 10/h, 1/d, 5/10s; at most 1000000/s.", Need::required);
  section->key("burst", &Limit::burst, number<std::uint32_t>(1, kMostBurst),
               "What passes at once after a rest. Left out: what the rate lets through in a second, at least 1.",
               Need::derived);
  return short_form(&Limit::rate, rate_shape(), ShapeOf<Limit>(section));
}

ShapeOf<Limit> window_shape(std::uint32_t most) {
  auto section = std::make_shared<Section<Limit>>();
  section->key("limit", &Limit::limit, number<std::uint32_t>(1, most), "Requests in a window.", Need::required);
  section->key("window", &Limit::window, duration(kShortestWindow), "The window's length.", Need::required);
  return section;
}

ShapeOf<Limit> leaky_bucket_shape() {
  auto section = std::make_shared<Section<Limit>>();
  section->key("rate", &Limit::rate, rate_shape(), "How many go on in a time; the others wait their turn.",
               Need::required);
  section->key("queue", &Limit::queue, number<std::uint32_t>(0, kMostQueued),
               "Requests that may wait; those beyond are refused.", Need::required);
  section->key("max_wait", &Limit::max_wait, duration(),
               "A request that would have to wait longer is refused at once.");
  return section;
}

ShapeOf<Limit> concurrency_shape() {
  const auto limit = number<std::uint32_t>(1, kMostUnderWay);
  auto section = std::make_shared<Section<Limit>>();
  section->key("limit", &Limit::limit, limit, "Requests that may be under way at once.", Need::required);
  section->key("queue", &Limit::queue, number<std::uint32_t>(0, kMostQueued),
               "Requests that may wait for a place; those beyond are refused. Not with a key.");
  section->key("max_wait", &Limit::max_wait, duration(),
               "How long a request may wait. Left out: 1s with fifo, 100ms with priority.", Need::derived);
  section->key("order", &Limit::order,
               choice<QueueOrder>({{"fifo", QueueOrder::fifo}, {"priority", QueueOrder::priority}}),
               "Who goes first: fifo, who has waited the longest; priority, the highest class, and of one class the "
               "newest once the queue stands.");
  return short_form(&Limit::limit, limit, ShapeOf<Limit>(section));
}

ShapeOf<Limit> adaptive_shape() {
  const auto p99 = optional(duration());
  auto section = std::make_shared<Section<Limit>>();
  section->key("p99", &Limit::p99, p99,
               "The P99 of the latency that is aimed at. Left out: near the latency without load.");
  return short_form(&Limit::p99, p99, ShapeOf<Limit>(section));
}

void check_limit(const Limit& limit, const Node& node, Problems& problems) {
  int kinds = 0;
  for (const auto& [name, kind] : kLimitKinds) kinds += node.has(name);
  if (kinds != 1) {
    problems.add(node.mark, "a limit needs exactly one of " + listed(kLimitKinds) + "; this has " +
                                (kinds == 0 ? "none" : std::to_string(kinds)));
  } else if (limit.kind == LimitKind::adaptive && node.has("key")) {
    problems.add(node.find("key")->mark, "key is not for adaptive, which has one limit for all");
  } else if (node.has("max_keys") && limit.key.empty()) {
    problems.add(node.find("max_keys")->mark, "max_keys is for a limit with a key");
  } else if (limit.kind == LimitKind::concurrency && limit.queue > 0 && !limit.key.empty()) {
    problems.add(node.find("key")->mark, "key is not for a concurrency limit with a queue, which is one for all");
  }
}

Json limit_schema() {
  Json::List one_of;
  for (const auto& [name, kind] : kLimitKinds) one_of.push_back(Json::Map{{"required", Json::List{name}}});
  return Json::Map{{"oneOf", one_of},
                   {"dependentRequired", Json::Map{{"max_keys", Json::List{"key"}}}},
                   {"not", Json::Map{{"required", Json::List{"adaptive", "key"}}}}};
}

ShapeOf<std::vector<RequestKey>> key_shape() {
  const auto text = [](const RequestKey& key) { return key.text(); };
  return one_or_list<RequestKey>(request_key_shape(), list<RequestKey>(request_key_shape(), 1, text, kMostKeyParts));
}

void add_kinds(Section<Limit>& section) {
  const auto add = [&](LimitKind kind, ShapeOf<Limit> shape, const char* doc) {
    section.part(std::string(name_of(kind)), std::move(shape), doc).when([=](const Limit& limit) {
      return limit.kind == kind;
    });
  };
  add(LimitKind::token_bucket, token_bucket_shape(), "A rate, and a burst after a rest. Exact.");
  add(LimitKind::sliding_window, window_shape(kMostInSlidingWindow), "So many in about any window of time.");
  add(LimitKind::fixed_window, window_shape(kMostInFixedWindow),
      "So many in each window: for quotas. 1d is from midnight to midnight, UTC.");
  add(LimitKind::leaky_bucket, leaky_bucket_shape(), "An even rate: requests wait their turn.");
  add(LimitKind::concurrency, concurrency_shape(), "So many under way at once.");
  add(LimitKind::adaptive, adaptive_shape(),
      "As many under way at once as can be served without queueing up, found by measuring.");
}

ShapeOf<Limit> limit_shape() {
  auto section = std::make_shared<Section<Limit>>();
  add_kinds(*section);
  section->key("key", &Limit::key, key_shape(),
               "What requests are told apart by, each value having the whole limit: client_ip, path, header:NAME, "
               "cookie:NAME, query:NAME, or a list of up to 4 of them. Left out: all requests together.");
  section
      ->key("max_keys", &Limit::max_keys, number<std::uint32_t>(kFewestKeys, kMostKeys),
            "Values of the key that can be busy at once; 100000 unless set. Further ones share a limit.")
      .when([](const Limit& limit) { return !limit.key.empty(); });
  section->key("name", &Limit::name, name_shape(),
               "Names the limit in metrics and header fields. Left out: its kind's name, the second of the kind with "
               "-2 behind it, and so on.");
  section->key("enforce", &Limit::enforce, truth(), "false: count what would be refused, and let it pass.");
  section->completion(complete_limit);
  section->rule(check_limit, limit_schema());
  return section;
}

}  // namespace

ShapeOf<std::vector<Limit>> limits_shape() {
  const auto name = [](const Limit& limit) { return limit.name; };
  return completed<std::vector<Limit>>(list<Limit>(limit_shape(), 0, name, kMostLimits), name_limits);
}

}  // namespace penstock::conf
