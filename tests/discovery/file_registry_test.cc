// A file as a registry, changed in all the ways in which files are changed.
#include "discovery/file/file_registry.h"

#include <filesystem>
#include <memory>

#include "tests/discovery/ending_services.h"
#include "tests/discovery/registry_fixture.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace penstock::discovery {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

class FileRegistryTest : public RegistryTest {
 protected:
  e2e::TempDir dir;
  std::string path = dir.path("services.yaml");
  std::unique_ptr<Registry> registry;
  RecordingServices heard;
  std::unique_ptr<Watch> watch;

  void write(const std::string& text) { dir.write("services.yaml", text); }
  void rename_over(const std::string& text) { fs::rename(dir.write("new", text), path); }
  void begin() {
    registry = make_file_registry(parts(), {path});
    watch = registry->watch_service(service("a"), heard);
    EXPECT_TRUE(heard.lists.empty() && heard.failures.empty()) << "told from within watch_service()";
  }
  static conf::Discover service(const std::string& name) {
    conf::Discover what;
    what.service = name;
    return what;
  }
  bool heard_failure(std::size_t count = 1) {
    return run_until([=, this] { return heard.failures.size() >= count; });
  }
};

TEST_F(FileRegistryTest, TellsWhatTheFileSays) {
  write("a: ['10.0.0.1:80', {address: 'b.internal:81', weight: 3, zone: z, priority: 1}]\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80", "b.internal:81"}));
  EXPECT_EQ(heard.lists[0][1], (Instance{"b.internal", 81, 3, "z", 1, {}}));
  EXPECT_TRUE(registry->status().connected);
  EXPECT_EQ(registry->status().server, path);
}

TEST_F(FileRegistryTest, AServiceThatTheFileLacksIsEmpty) {
  write("b: ['10.0.0.1:80']\n");
  begin();
  EXPECT_TRUE(await_list(heard, {}));
}

TEST_F(FileRegistryTest, ARenamedFileIsNoticedAtOnce) {
  write("a: ['10.0.0.1:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  rename_over("a: ['10.0.0.2:80']\n");
  EXPECT_TRUE(await_list(heard, {"10.0.0.2:80"}, milliseconds(700)));
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(FileRegistryTest, AFileWrittenInPlaceIsNoticedAtOnce) {
  write("a: ['10.0.0.1:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  write("a: ['10.0.0.2:80']\n");
  EXPECT_TRUE(await_list(heard, {"10.0.0.2:80"}, milliseconds(700)));
}

TEST_F(FileRegistryTest, SymbolicLinksMayBeExchangedAsKubernetesDoes) {
  fs::create_directories(dir.path("v1"));
  fs::create_directories(dir.path("v2"));
  dir.write("v1/services.yaml", "a: ['10.0.0.1:80']\n");
  dir.write("v2/services.yaml", "a: ['10.0.0.2:80']\n");
  fs::create_symlink("v1", dir.path("..data"));
  fs::create_symlink("..data/services.yaml", path);
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  fs::create_symlink("v2", dir.path("..data_tmp"));
  fs::rename(dir.path("..data_tmp"), dir.path("..data"));
  EXPECT_TRUE(await_list(heard, {"10.0.0.2:80"}, milliseconds(700)));
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(FileRegistryTest, ALinkIntoAnotherFolderIsFollowed) {
  fs::create_directories(dir.path("far"));
  dir.write("far/file", "a: ['10.0.0.1:80']\n");
  fs::create_symlink(dir.path("far/file"), path);
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  dir.write("far/file", "a: ['10.0.0.2:80']\n");  // no event tells of it
  EXPECT_TRUE(await_list(heard, {"10.0.0.2:80"}));
}

TEST_F(FileRegistryTest, ABadFileIsAFailureWithItsPlaceAndTheListStays) {
  write("a: ['10.0.0.1:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  rename_over("a:\n  - 10.0.0.2:80\n  - 10.0.0.3\n");
  ASSERT_TRUE(heard_failure());
  EXPECT_THAT(heard.failures[0], HasSubstr("services.yaml:3:5: a: must be host:port"));
  EXPECT_THAT(heard.lists, SizeIs(1));
  EXPECT_FALSE(registry->status().connected);
  rename_over("a: ['10.0.0.1:80']\n");
  EXPECT_TRUE(run_until([&] { return heard.lists.size() == 2; })) << "a mended file is told, also if it is as before";
}

TEST_F(FileRegistryTest, AFileThatIsGoneIsAFailureUntilItIsBack) {
  write("a: ['10.0.0.1:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  fs::remove(path);
  ASSERT_TRUE(heard_failure());
  EXPECT_THAT(heard.failures[0], EndsWith("services.yaml: No such file or directory"));
  EXPECT_THAT(heard.lists, SizeIs(1));
  write("a: ['10.0.0.2:80']\n");
  EXPECT_TRUE(await_list(heard, {"10.0.0.2:80"}));
}

TEST_F(FileRegistryTest, AFolderThatComesLaterIsWatched) {
  path = dir.path("later/services.yaml");
  begin();
  ASSERT_TRUE(heard_failure());
  fs::create_directories(dir.path("later"));
  dir.write("later/services.yaml", "a: ['10.0.0.1:80']\n");
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
}

TEST_F(FileRegistryTest, WhatIsNoFileIsAFailure) {
  fs::create_directories(path);
  begin();
  ASSERT_TRUE(heard_failure());
  EXPECT_THAT(heard.failures[0], EndsWith("is not a file"));
}

TEST_F(FileRegistryTest, AFileThatIsTooLargeIsAFailure) {
  write("a: []\n");
  fs::resize_file(path, (16 << 20) + 1);
  begin();
  ASSERT_TRUE(heard_failure());
  EXPECT_THAT(heard.failures[0], EndsWith("is larger than 16 MiB"));
}

TEST_F(FileRegistryTest, WhatDoesNotChangeIsToldOnce) {
  write("a: ['10.0.0.1:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  rename_over("a: ['10.0.0.1:80']\nb: ['10.0.0.9:80']\n");
  run_for(milliseconds(1'300));
  EXPECT_THAT(heard.lists, SizeIs(1));
}

TEST_F(FileRegistryTest, ReadingAgainTellsTheSameAgain) {
  write("a: ['10.0.0.1:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  watch->read_again();
  EXPECT_TRUE(run_until([&] { return heard.lists.size() == 2; }));
  fs::remove(path);
  ASSERT_TRUE(heard_failure());
  watch->read_again();
  EXPECT_TRUE(heard_failure(2));
}

TEST_F(FileRegistryTest, ALaterWatchIsToldToo) {
  write("a: ['10.0.0.1:80']\nb: ['10.0.0.2:80']\n");
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  RecordingServices other;
  const auto second = registry->watch_service(service("b"), other);
  EXPECT_TRUE(other.lists.empty());
  EXPECT_TRUE(await_list(other, {"10.0.0.2:80"}));
}

TEST_F(FileRegistryTest, CanBeDestroyedByWhoHearsOfIt) {
  for (const char* text : {"a: []\n", "a: b\n"}) {
    write(text);
    EndingServices ending;
    ending.registry = make_file_registry(parts(), {path});
    ending.watch = ending.registry->watch_service(service("a"), ending);
    ending.second = ending.registry->watch_service(service("b"), ending);
    ASSERT_TRUE(run_until([&] { return ending.told > 0; }));
    run_for(milliseconds(30));
    EXPECT_EQ(ending.told, 1);
  }
}

TEST_F(FileRegistryTest, CanBeDestroyedWhileItReads) {
  write("a: []\n");
  begin();
  run_for(milliseconds(1));
  watch.reset();
  registry.reset();
  run_for(milliseconds(30));
  EXPECT_TRUE(heard.lists.empty());
}

TEST_F(FileRegistryTest, TenThousandEndpointsDoNotHoldTheLoopUp) {
  std::string text = "a:\n";
  for (int i = 0; i < 10'000; ++i)
    text += "  - 10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":80\n";
  write(text);
  Nanos longest = 0;
  loop.on_turn([&](Nanos turn) { longest = std::max(longest, turn); });
  begin();
  ASSERT_TRUE(run_until([&] { return !heard.lists.empty(); }));
  EXPECT_EQ(heard.lists[0].size(), 10'000u);
  EXPECT_LT(longest, (e2e::kSanitized ? 500 : 50) * kNanosPerMilli);
}

}  // namespace
}  // namespace penstock::discovery
