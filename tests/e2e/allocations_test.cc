// What the heap is asked for, counted inside the running program.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

/// A number in a file that the program under test counts up (tests/preload/count_allocations.cc).
class SharedCounter {
 public:
  explicit SharedCounter(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR);
    value_ = static_cast<std::atomic<std::uint64_t>*>(
        mmap(nullptr, sizeof(*value_), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    close(fd);
  }
  ~SharedCounter() { munmap(value_, sizeof(*value_)); }
  std::uint64_t value() const { return value_->load(); }

 private:
  std::atomic<std::uint64_t>* value_;
};

class Allocations : public H1ToH1 {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  }
  TempDir directory;
  const std::string file = directory.write("allocations", std::string(8, '\0'));
  const std::vector<std::string> preload = {"LD_PRELOAD=" PENSTOCK_COUNT_ALLOCATIONS, "PENSTOCK_ALLOCATIONS=" + file};

  /// What five hundred small requests ask for, once all is warm.
  std::uint64_t of_steady_requests(const Additions& additions, int status = 200) {
    Gateway gateway(gateway_yaml(backend.address(), additions), preload);
    backend.on_request([](Exchange& exchange) { exchange.ok("small"); });
    SharedCounter allocations(file);
    Client client(gateway);
    const auto serve = [&](int requests) {
      for (int i = 0; i < requests; ++i)
        EXPECT_EQ(client.get("/some/path?with=query", "Accept: */*\r\n").status(), status);
    };
    if (status != 200) client.get("/");  // what there is
    serve(100);
    const std::uint64_t before = allocations.value();
    EXPECT_GT(before, 0u) << "nothing is counted at all";
    serve(500);
    return allocations.value() - before;
  }
};

TEST_F(Allocations, ASteadySmallRequestNeedsNone) {
  EXPECT_EQ(of_steady_requests({}), 0u);
}

TEST_F(Allocations, ARefusalNeedsNone) {
  EXPECT_EQ(of_steady_requests({.route = "limits: [{ token_bucket: 1/d, key: client_ip }]"}, 429), 0u);
}

TEST_F(Allocations, AQueueThatNobodyWaitsInNeedsNone) {
  EXPECT_EQ(of_steady_requests({.upstream = "limits: [{ concurrency: { limit: 5, queue: 5 } }]"}), 0u);
}

TEST_F(Allocations, RetriesAndBreakersInReadinessNeedNone) {
  EXPECT_EQ(of_steady_requests({.upstream = "timeouts: { total: 5s }, retry: {}, circuit_breaker: { per: both }"}), 0u);
}

TEST_F(Allocations, NorDoesHedgingInReadiness) {
  EXPECT_EQ(of_steady_requests({.upstream = "retry: { hedge_after: p95 }"}), 0u);
}

}  // namespace
}  // namespace penstock::e2e
