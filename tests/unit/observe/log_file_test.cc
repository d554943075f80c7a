#include "gateway/observe/log_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace penstock::observe {
namespace {

/// A log that goes to a pipe, and the pipe's reader.
class LogFileToPipeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    path_ = ::testing::TempDir() + "penstock_log_file_" + std::to_string(getpid());
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    reader_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
    fcntl(reader_, F_SETPIPE_SZ, 4096);
    file_.emplace(path_, 1);
  }
  void TearDown() override {
    if (reader_ >= 0) close(reader_);
    unlink(path_.c_str());
  }
  std::string read_all() {
    std::string text(1 << 16, '\0');
    const ssize_t size = read(reader_, text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  void leave() {
    close(reader_);
    reader_ = -1;
  }

  std::string path_;
  int reader_ = -1;
  std::optional<LogFile> file_;
};

TEST_F(LogFileToPipeTest, ReachesTheReader) {
  EXPECT_EQ(file_->write("a\nb\n"), 4u);
  EXPECT_EQ(read_all(), "a\nb\n");
}

TEST_F(LogFileToPipeTest, GivesUpOnAReaderThatDoesNotReadAndReturnsToItWhenItDoes) {
  const std::string line = std::string(999, 'x') + "\n";
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += line;
  EXPECT_EQ(file_->write(lines), 4 * line.size());  // whole lines only
  EXPECT_EQ(file_->write(line), 0u);
  EXPECT_EQ(read_all().size(), 4 * line.size());
  EXPECT_EQ(file_->write("again\n"), 6u);
  EXPECT_EQ(read_all(), "again\n");
}

TEST_F(LogFileToPipeTest, OutlivesAReaderThatIsGone) {
  leave();
  EXPECT_EQ(file_->write("a\n"), 0u);
}

// A disk that was full in the middle of a line: the next line must not be glued to its beginning.
TEST(LogFile, BeginsANewLineAfterOneThatWasCutShort) {
  signal(SIGXFSZ, SIG_IGN);
  std::string path = ::testing::TempDir() + "penstock_log_file_XXXXXX";
  close(mkstemp(path.data()));
  LogFile file(path);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{6, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::size_t written = file.write("one\ntwo\n");
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(written, 6u);
  EXPECT_EQ(file.write("three\n"), 6u);
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "one\ntw\nthree\n");
  unlink(path.c_str());
}

}  // namespace
}  // namespace penstock::observe
