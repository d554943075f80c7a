#include "gateway/observe/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

namespace penstock::observe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AccessLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "penstock_access_log_XXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
  }
  void TearDown() override {
    stop();
    std::filesystem::remove_all(directory_);
  }

  std::string path(const std::string& name = "access.log") const { return directory_ + "/" + name; }
  void start(std::size_t rings = 1, std::size_t ring_bytes = 1 << 20) {
    log_.emplace(path(), AccessLogFormat::combined, rings, ring_bytes);
  }
  void stop() { log_.reset(); }
  bool push(std::string_view target, std::size_t ring = 0) {
    AccessRecord record;
    record.method = "GET";
    record.target = target;
    return log_->ring(ring).push(record);
  }
  /// The targets of the lines in a file.
  static std::vector<std::string> targets(const std::string& file) {
    std::vector<std::string> found;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const std::size_t begin = line.find("GET ") + 4;
      found.push_back(line.substr(begin, line.find(' ', begin) - begin));
    }
    return found;
  }

  std::string directory_;
  std::optional<AccessLog> log_;
};

TEST_F(AccessLogTest, WritesEverythingBeforeItEnds) {
  start();
  EXPECT_TRUE(push("/a"));
  EXPECT_TRUE(push("/b"));
  stop();
  EXPECT_THAT(targets(path()), ElementsAre("/a", "/b"));
}

TEST_F(AccessLogTest, AppendsToWhatIsThere) {
  start();
  push("/a");
  stop();
  start();
  push("/b");
  stop();
  EXPECT_THAT(targets(path()), ElementsAre("/a", "/b"));
}

TEST_F(AccessLogTest, SaysSoIfTheFileCannotBeOpened) {
  try {
    AccessLog log(path("no/such/directory"), AccessLogFormat::json, 1);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/such/directory: No such file or directory"));
  }
}

TEST_F(AccessLogTest, LosesNothingOfSeveralWorkersAndKeepsTheOrderOfEach) {
  constexpr int kLines = 5'000;
  start(2, 1 << 16);
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < 2; ++worker) {
    workers.emplace_back([this, worker] {
      for (int i = 0; i < kLines; ++i) {
        const std::string target = "/" + std::to_string(worker) + "/" + std::to_string(i);
        while (!push(target, worker)) std::this_thread::yield();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  stop();
  std::array<int, 2> next{};
  for (const std::string& target : targets(path())) {
    int worker = -1, number = -1;
    ASSERT_EQ(std::sscanf(target.c_str(), "/%d/%d", &worker, &number), 2) << target;
    ASSERT_EQ(number, next[static_cast<std::size_t>(worker)]++);
  }
  EXPECT_THAT(next, ElementsAre(kLines, kLines));
}

TEST_F(AccessLogTest, WritesToANewFileAfterRotation) {
  start();
  push("/old");
  stop();
  start();
  std::filesystem::rename(path(), path("access.log.1"));
  log_->reopen();
  while (!std::filesystem::exists(path())) std::this_thread::yield();
  push("/new");
  stop();
  EXPECT_THAT(targets(path("access.log.1")), ElementsAre("/old"));
  EXPECT_THAT(targets(path()), ElementsAre("/new"));
}

TEST_F(AccessLogTest, KeepsTheOldFileIfTheNewOneCannotBeOpened) {
  std::filesystem::create_directory(path("logs"));
  log_.emplace(path("logs/access.log"), AccessLogFormat::combined, 1);
  std::filesystem::rename(path("logs"), path("moved"));
  log_->reopen();
  push("/a");
  stop();
  EXPECT_THAT(targets(path("moved/access.log")), ElementsAre("/a"));
}

TEST_F(AccessLogTest, CountsLinesThatTheDiskHasNoRoomFor) {
  log_.emplace("/dev/full", AccessLogFormat::json, 1);
  push("/a");
  push("/b");
  while (log_->lost() < 2) std::this_thread::yield();
  push("/c");
  while (log_->lost() < 3) std::this_thread::yield();
}

TEST(AccessLogRing, RefusesARecordWhenFullAndLeavesTheOthersAlone) {
  AccessLogRing ring(4096);
  AccessRecord record;
  record.target = "/abc";
  int taken = 0;
  while (taken < 1000 && ring.push(record)) ++taken;
  EXPECT_GT(taken, 10);
  EXPECT_LT(taken, 4096 / 80);
  EXPECT_FALSE(ring.push(record));
}

}  // namespace
}  // namespace penstock::observe
