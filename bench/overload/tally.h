// What became of the requests, in all, by class, and over time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/overload/sockets.h"

namespace penstock::overload {

enum class Fate {
  served,   ///< 200 within the client's deadline
  refused,  ///< 429 or 503 within the deadline
  late,     ///< no answer within the deadline: the client has left
  failed,   ///< anything else: another status, a broken connection
};

/// Latencies are counted from the moment when a request was to be sent, not when it was: a slow generator shows.
class Tally {
 public:
  /// Requests that were to be sent before `from` are in the time series only.
  Tally(std::vector<std::string> classes, Nanos start, Nanos from, Nanos end, Nanos bin);

  void offered(std::size_t of_class, Nanos intended);
  /// The request was sent `lag` after its time.
  void sent(Nanos lag) { lags_.push_back(lag); }
  /// The generator had no time to send it: nobody has been asked.
  void unsent() { ++unsent_; }
  void ended(std::size_t of_class, Nanos intended, Nanos at, Fate fate);

  /// As JSON: rates in 1/s, latencies in ms, series by bin of the moment when the fate was known, and the P99 of what
  /// was served in each second.
  std::string json(double cpu_seconds) const;

 private:
  struct Counts {
    std::uint64_t offered = 0;
    std::uint64_t fates[4] = {};
    std::vector<Nanos> served_latencies;
    std::vector<Nanos> refused_latencies;
  };

  std::vector<std::string> names_;
  Nanos start_, from_, end_, bin_;
  std::vector<Counts> classes_;
  std::vector<std::uint32_t> series_[4];
  std::vector<std::vector<Nanos>> latencies_;  ///< of what was served, by second
  std::vector<Nanos> lags_;
  std::uint64_t unsent_ = 0;
};

}  // namespace penstock::overload
