// What the metrics page is put together from. Belongs to metrics.cc and upstream_metrics.cc, as prometheus-cpp does.
#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gateway/observe/stats.h"

namespace penstock::observe {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// One DurationHistogram of each worker, added up.
struct HistogramSum {
  std::array<std::uint64_t, kDurationBounds.size() + 1> buckets{};
  std::uint64_t sum_ns = 0;

  void add(const DurationHistogram& histogram) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += histogram.buckets()[i].value();
    sum_ns += histogram.sum_ns();
  }
};

/// Adds one worker's counts to the sum over the workers.
inline void add_rows(std::vector<RequestCounts::Row>& sum, const RequestCounts& counts) {
  for (const RequestCounts::Row& row : counts.rows()) {
    auto same = [&](const auto& other) { return other.method == row.method && other.status == row.status; };
    auto found = std::find_if(sum.begin(), sum.end(), same);
    if (found == sum.end()) {
      sum.push_back(row);
    } else {
      found->count += row.count;
    }
  }
}

/// A status code as a label.
inline std::string code_label(int status) {
  return status == 0 ? "other" : std::to_string(status);
}

/// Families in the making; the order is that of the page.
class Families {
 public:
  /// Begins a family; what follows goes into it until the next one.
  Families& family(std::string name, prometheus::MetricType type, std::string help) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return *this;
  }
  Families& counter(std::string name, std::string help) {
    return family(std::move(name), prometheus::MetricType::Counter, std::move(help));
  }
  Families& gauge(std::string name, std::string help) {
    return family(std::move(name), prometheus::MetricType::Gauge, std::move(help));
  }
  Families& histogram(std::string name, std::string help) {
    return family(std::move(name), prometheus::MetricType::Histogram, std::move(help));
  }

  Families& add(double value, Labels labels = {}) {
    prometheus::ClientMetric& metric = add_metric(std::move(labels));
    (families_.back().type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return *this;
  }
  Families& add(const HistogramSum& sum, Labels labels) {
    prometheus::ClientMetric::Histogram& histogram = add_metric(std::move(labels)).histogram;
    histogram.bucket.reserve(kDurationBounds.size());
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kDurationBounds.size(); ++i) {
      seen += sum.buckets[i];
      histogram.bucket.push_back({seen, kDurationBounds[i]});
    }
    histogram.sample_count = seen + sum.buckets.back();  // made from the buckets, so that +Inf always agrees
    histogram.sample_sum = static_cast<double>(sum.sum_ns) / 1e9;
    return *this;
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  prometheus::ClientMetric& add_metric(Labels labels) {
    prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::vector<prometheus::MetricFamily> families_;
};

struct MetricsInput;

/// Those of upstreams.
void add_upstreams(const MetricsInput& input, Families& out);

}  // namespace penstock::observe
