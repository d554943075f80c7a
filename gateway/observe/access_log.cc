#include "gateway/observe/access_log.h"

#include <csignal>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "gateway/observe/access_log_format.h"
#include "gateway/observe/access_record.h"
#include "gateway/observe/byte_ring.h"
#include "gateway/observe/log_file.h"

namespace penstock::observe {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBatchMax = 64 << 10;
constexpr int kRecordsPerVisit = 256;  // so that a busy worker's ring does not keep the others waiting

// How long the writer sleeps when the rings are empty: workers never wake it. The longest is what a sudden burst must
// fit into: 1 MiB of ring holds 20 ms at 100,000 requests/s.
constexpr milliseconds kSleepMin{5};
constexpr milliseconds kSleepMax{20};

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

struct AccessLogRing::Impl {
  explicit Impl(std::size_t bytes) : ring(bytes) {}
  ByteRing ring;
};

AccessLogRing::AccessLogRing(std::size_t bytes) : impl_(std::make_unique<Impl>(bytes)) {}
AccessLogRing::~AccessLogRing() = default;

bool AccessLogRing::push(const AccessRecord& record) {
  const Extent extent = measure(record);
  std::byte* room = impl_->ring.reserve(extent.encoded_size);
  if (!room) return false;
  encode(record, extent, room);
  impl_->ring.publish();
  return true;
}

struct AccessLog::Impl {
  Impl(const std::string& path, AccessLogFormat format, std::size_t ring_count, std::size_t ring_bytes)
      : file(path), formatter(format) {
    for (std::size_t i = 0; i < ring_count; ++i) rings.push_back(std::make_unique<AccessLogRing>(ring_bytes));
    batch.reserve(kBatchMax);
    writer = std::thread([this] { run(); });
  }

  ~Impl() {
    stopping.store(true, std::memory_order_release);
    writer.join();
  }

  void run() {
    block_all_signals();  // they are the main thread's; and a reader that is gone is an error here, not a SIGPIPE
    milliseconds sleep = kSleepMin;
    for (;;) {
      const bool last = stopping.load(std::memory_order_acquire);  // before the rings: what came before it is written
      if (reopening.exchange(false, std::memory_order_acq_rel)) reopen();
      if (visit_rings()) {
        sleep = kSleepMin;
        continue;
      }
      flush();
      if (last) return;
      std::this_thread::sleep_for(sleep);
      sleep = std::min(sleep * 2, kSleepMax);
    }
  }

  void reopen() {
    flush();
    file.reopen();
  }

  /// False if all were empty.
  bool visit_rings() {
    bool any = false;
    for (auto& ring : rings) any |= take_some(ring->impl_->ring);
    return any;
  }

  bool take_some(ByteRing& ring) {
    for (int i = 0; i < kRecordsPerVisit; ++i) {
      const auto bytes = ring.front();
      if (!bytes.data()) return i > 0;
      if (batch.size() + kLineMax > kBatchMax) flush();
      formatter.append(batch, decode(bytes));
      ring.pop();
    }
    return true;
  }

  void flush() {
    if (batch.empty()) return;
    const std::size_t written = file.write(batch);
    const auto lost = std::count(batch.begin() + static_cast<std::ptrdiff_t>(written), batch.end(), '\n');
    lost_lines.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
    batch.clear();
  }

  // Shared with the workers, and with any thread.
  std::vector<std::unique_ptr<AccessLogRing>> rings;
  std::atomic<bool> stopping{false};
  std::atomic<bool> reopening{false};
  std::atomic<std::uint64_t> lost_lines{0};

  // The writer's.
  LogFile file;
  AccessLogFormatter formatter;
  std::string batch;

  std::thread writer;
};

AccessLog::AccessLog(const std::string& path, AccessLogFormat format, std::size_t rings, std::size_t ring_bytes)
    : impl_(std::make_unique<Impl>(path, format, rings, ring_bytes)) {}
AccessLog::~AccessLog() = default;

AccessLogRing& AccessLog::ring(std::size_t index) {
  return *impl_->rings[index];
}
void AccessLog::reopen() {
  impl_->reopening.store(true, std::memory_order_release);
}
std::uint64_t AccessLog::lost() const {
  return impl_->lost_lines.load(std::memory_order_relaxed);
}

std::string AccessLog::format(const AccessRecord& record, AccessLogFormat format) {
  std::string line;
  AccessLogFormatter(format).append(line, cut(record));
  return line;
}

}  // namespace penstock::observe
