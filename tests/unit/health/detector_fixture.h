// A pool of endpoints whose counters the test turns, second by second.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "gateway/health/outlier_detector.h"

namespace penstock::health {

class DetectorTest : public testing::Test {
 protected:
  conf::Outlier settings;
  Nanos now = 1'000 * kNanosPerSecond;
  OutlierDetector::Changes told;  ///< by the last call

  /// After the settings have been made.
  void pool(std::size_t size) {
    detector_ = std::make_unique<OutlierDetector>(settings);
    samples_.resize(size);
    std::vector<Suspect*> all;
    for (std::size_t i = 0; i < size; ++i) {
      suspects_.push_back(std::make_unique<Suspect>(settings));
      all.push_back(suspects_.back().get());
    }
    detector_->watch(all);
  }
  OutlierDetector& detector() { return *detector_; }
  Suspect& suspect(std::size_t index) { return *suspects_[index]; }

  /// In the second that is under way.
  void serve(std::size_t index, std::uint64_t requests, std::uint64_t failures = 0, Nanos latency = kNanosPerMilli) {
    samples_[index].requests += requests;
    samples_[index].failures += failures;
    samples_[index].failures_in_a_row = failures == requests ? samples_[index].failures_in_a_row + 5 : 0;
    samples_[index].latency.add(observe::LatencyCounts::bucket_of(latency), requests);
  }
  void all_serve(std::uint64_t requests, std::uint64_t failures = 0) {
    for (std::size_t i = 0; i < suspects_.size(); ++i) serve(i, requests, failures);
  }
  /// The second ends.
  void tick() {
    now += kNanosPerSecond;
    for (std::size_t i = 0; i < suspects_.size(); ++i) detector_->observe(i, samples_[i]);
    told = detector_->tick(now);
  }
  void ticks(int seconds) {
    for (int i = 0; i < seconds; ++i) tick();
  }
  /// Five in a row.
  void fail(std::size_t index, Failure last = Failure::request) {
    samples_[index].requests += 5;
    samples_[index].failures += 5;
    samples_[index].failures_in_a_row += 5;
    told = detector_->failures_in_a_row(index, 5, last, now);
  }
  std::vector<std::size_t> out() const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < suspects_.size(); ++i) {
      if (suspects_[i]->term.out()) result.push_back(i);
    }
    return result;
  }
  /// How long the endpoint is out now, in seconds; it is taken back.
  Nanos serve_its_time(std::size_t index) {
    const Nanos from = now;
    while (suspects_[index]->term.out()) tick();
    samples_[index].failures_in_a_row = 0;
    return (now - from) / kNanosPerSecond;
  }

 private:
  std::unique_ptr<OutlierDetector> detector_;
  std::vector<std::unique_ptr<Suspect>> suspects_;
  std::vector<OutlierSample> samples_;
};

}  // namespace penstock::health
