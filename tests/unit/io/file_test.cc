#include "gateway/io/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temp_dir.h"

namespace penstock::io {
namespace {

/// Who may write into the directory knows the temporary file's name beforehand.
TEST(WriteFile, FollowsNoLinkInPlaceOfItsTemporaryFile) {
  const e2e::TempDir dir;
  const std::string victim = dir.write("victim", "not to be touched");
  std::filesystem::create_symlink(victim, dir.path("list.new." + std::to_string(::getpid())));
  EXPECT_EQ(write_file(dir.path("list"), "new"), "");
  EXPECT_EQ(dir.read("list"), "new");
  EXPECT_EQ(dir.read("victim"), "not to be touched");
}

}  // namespace
}  // namespace penstock::io
