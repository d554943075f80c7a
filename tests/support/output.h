// What a process prints: drained by a thread, so that it never blocks on a full pipe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

namespace penstock::e2e {

class Output {
 public:
  /// read_end: of a pipe; the thread ends when all its writers are gone, and the destructor waits for that.
  explicit Output(Fd read_end);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  std::string text() const;
  /// False if it has not come within kPatience, or can't come any more.
  bool wait_for(std::string_view needle);
  /// Whole lines without their ends; throws TimedOut if there are not as many in time.
  std::vector<std::string> lines(std::size_t count);
  /// Everything, once the process has closed it.
  std::string all();

 private:
  void drain();

  Fd read_end_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace penstock::e2e
