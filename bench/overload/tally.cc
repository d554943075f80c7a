#include "bench/overload/tally.h"

#include <algorithm>
#include <utility>

#include "gateway/base/json_writer.h"

namespace penstock::overload {
namespace {

constexpr std::string_view kFates[] = {"served", "refused", "late", "failed"};

double in_ms(Nanos nanos) {
  return static_cast<double>(nanos) / 1e6;
}

/// Null in JSON if there is nothing to take it of.
void write_quantile(JsonWriter& json, const std::vector<Nanos>& sorted, double q) {
  if (sorted.empty()) {
    json.raw("null");
  } else {
    json.decimal(in_ms(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]));
  }
}

void write_quantiles(JsonWriter& json, std::string_view name, std::vector<Nanos> values) {
  std::sort(values.begin(), values.end());
  json.key(name).begin_object();
  for (const auto& [label, q] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1.0}}) {
    json.key(label);
    write_quantile(json, values, q);
  }
  json.end_object();
}

void append(std::vector<Nanos>& to, const std::vector<Nanos>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Tally::Tally(std::vector<std::string> classes, Nanos start, Nanos from, Nanos end, Nanos bin)
    : names_(std::move(classes)), start_(start), from_(from), end_(end), bin_(bin), classes_(names_.size()) {
  for (auto& each : series_) each.resize(static_cast<std::size_t>((end - start + bin - 1) / bin));
  latencies_.resize(static_cast<std::size_t>((end - start + kSecond - 1) / kSecond));
}

void Tally::offered(std::size_t of_class, Nanos intended) {
  if (intended >= from_) ++classes_[of_class].offered;
}

void Tally::ended(std::size_t of_class, Nanos intended, Nanos at, Fate fate) {
  const auto index = static_cast<std::size_t>(fate);
  const auto bin = static_cast<std::size_t>((at - start_) / bin_);
  if (bin < series_[index].size()) ++series_[index][bin];
  const auto second = static_cast<std::size_t>((at - start_) / kSecond);
  if (fate == Fate::served && second < latencies_.size()) latencies_[second].push_back(at - intended);
  if (intended < from_) return;
  Counts& counts = classes_[of_class];
  ++counts.fates[index];
  if (fate == Fate::served) counts.served_latencies.push_back(at - intended);
  if (fate == Fate::refused) counts.refused_latencies.push_back(at - intended);
}

std::string Tally::json(double cpu_seconds) const {
  const double seconds = static_cast<double>(end_ - from_) / static_cast<double>(kSecond);
  std::string text;
  JsonWriter json(text);
  const auto write_counts = [&](const Counts& counts) {
    json.key("offered").decimal(static_cast<double>(counts.offered) / seconds);
    for (std::size_t fate = 0; fate < 4; ++fate)
      json.key(kFates[fate]).decimal(static_cast<double>(counts.fates[fate]) / seconds);
    write_quantiles(json, "served_ms", counts.served_latencies);
    write_quantiles(json, "refused_ms", counts.refused_latencies);
  };

  Counts all;
  for (const Counts& each : classes_) {
    all.offered += each.offered;
    for (std::size_t fate = 0; fate < 4; ++fate) all.fates[fate] += each.fates[fate];
    append(all.served_latencies, each.served_latencies);
    append(all.refused_latencies, each.refused_latencies);
  }
  json.begin_object();
  json.key("seconds").decimal(seconds);
  json.key("cpu_seconds").decimal(cpu_seconds);
  write_quantiles(json, "send_lag_ms", lags_);
  json.key("unsent").number(unsent_);
  write_counts(all);
  json.key("classes").begin_object();
  for (std::size_t index = 0; index < classes_.size(); ++index) {
    json.key(names_[index]).begin_object();
    write_counts(classes_[index]);
    json.end_object();
  }
  json.end_object();
  json.key("bin_ms").decimal(in_ms(bin_));
  json.key("series").begin_object();
  for (std::size_t fate = 0; fate < 4; ++fate) {
    json.key(kFates[fate]).begin_array();
    for (const std::uint32_t count : series_[fate]) json.number(count);
    json.end_array();
  }
  json.end_object();
  json.key("served_p99_ms_by_second").begin_array();
  for (std::vector<Nanos> values : latencies_) {
    std::sort(values.begin(), values.end());
    write_quantile(json, values, 0.99);
  }
  json.end_array().end_object();
  return text;
}

}  // namespace penstock::overload
