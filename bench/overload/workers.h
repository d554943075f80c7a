// What gives the experiment's backend a capacity: a fixed number of workers, and a queue without end before them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "bench/overload/sockets.h"

namespace penstock::overload {

/// Who waits for the answer: a connection, told from its successors on the same descriptor.
struct Job {
  int fd;
  std::uint32_t serial;
};

/// Each worker takes the job that has waited longest and works on it for an exponentially distributed time. Workers
/// only wait, so they cost no CPU. The next job begins when the last was due to end, not when the program came to look:
/// a busy machine delays answers but doesn't lower the capacity.
class Workers {
 public:
  /// Asked before a job is begun; jobs that nobody wants any more are dropped.
  using Wanted = std::function<bool(const Job&)>;

  Workers(std::size_t count, Nanos mean_service, std::uint64_t seed, Wanted wanted);

  void arrive(const Job& job, Nanos at);
  /// When the next job ends; nullopt if none is under way.
  std::optional<Nanos> next_end() const;
  /// A job that has ended by `at`, earliest first.
  std::optional<Job> take_ended(Nanos at);

  /// For jobs that begin from now on.
  void set_mean_service(Nanos mean) { mean_service_ = mean; }
  Nanos mean_service() const { return mean_service_; }
  /// More begin at once; fewer finish what they have.
  void set_count(std::size_t count, Nanos at);
  std::size_t count() const { return count_; }
  std::size_t queued() const { return queue_.size(); }
  std::size_t busy() const { return under_way_.size(); }
  std::uint64_t begun() const { return begun_; }

 private:
  struct Waiting {
    Job job;
    Nanos since;
  };
  struct UnderWay {
    Nanos end;
    Job job;
    friend bool operator>(const UnderWay& a, const UnderWay& b) { return a.end > b.end; }
  };

  void begin_waiting(Nanos at);

  std::size_t count_;
  Nanos mean_service_;
  std::mt19937_64 chance_;
  Wanted wanted_;
  std::deque<Waiting> queue_;
  std::priority_queue<UnderWay, std::vector<UnderWay>, std::greater<>> under_way_;
  std::uint64_t begun_ = 0;
};

}  // namespace penstock::overload
