// What becomes of a registry's news on their way to snapshots, with a registry that says what the test wants.
#include "discovery/service.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "gateway/io/file.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Keeps the last sink, and counts how often it was asked to read again.
struct SayingRegistry final : Registry {
  struct CountingWatch final : Watch {
    explicit CountingWatch(int& c) : count(c) {}
    void read_again() override { ++count; }
    int& count;
  };
  ServiceSink* sink = nullptr;
  int asked_again = 0;
  Nanos settles = 0;

  std::unique_ptr<Watch> watch_service(const conf::Discover&, ServiceSink& s) override {
    sink = &s;
    return std::make_unique<CountingWatch>(asked_again);
  }
  std::unique_ptr<Watch> watch_value(const std::string&, ValueSink&) override { return nullptr; }
  std::unique_ptr<Announcement> announce(const conf::Announce&) override { return nullptr; }
  RegistryStatus status() const override { return {}; }
  Nanos settles_in() const override { return settles; }
};

class ServiceTest : public io::LoopTest {
 protected:
  SayingRegistry registry;
  e2e::TempDir dir;
  std::string state_dir;
  conf::Discover what;
  std::vector<std::vector<std::string>> published;
  std::vector<std::string> logged;
  std::uint64_t answers = 0;  ///< of endpoints
  std::unique_ptr<Service> service;

  ServiceTest() { what.shrink_protection.reset(); }
  void start() {
    const auto publish = [this](const SnapshotPtr& snapshot) {
      auto& ids = published.emplace_back();
      for (const Endpoint& each : snapshot->endpoints) ids.push_back(each.id);
    };
    service = std::make_unique<Service>(
        loop, registry, "u", what, state_dir,
        Service::Hooks{publish, [](const std::string&) { return false; }, [this] { return answers; }, [] {},
                       [this](const std::string& line) { logged.push_back(line); }});
  }
  void listed(const std::vector<std::string>& hosts) {
    ServiceList list;
    for (const std::string& host : hosts) list.instances.push_back({host, 80, 1, {}, 0, {}});
    registry.sink->listed(std::move(list));
  }
  void run_for(Nanos time) {
    const Nanos end = loop.now() + time;
    run_until([&] { return loop.now() >= end; });
  }
};

TEST_F(ServiceTest, NewNamesTakeTheOldEndpointsPlaceOnceTheyAreKnown) {
  start();
  listed({"10.0.0.1"});
  listed({"localhost"});
  EXPECT_TRUE(run_until([&] { return !published.empty() && published.back() != published.front(); }));
  EXPECT_THAT(published.front(), ElementsAre("10.0.0.1:80"));
  EXPECT_THAT(published.back(), testing::Contains(testing::AnyOf("127.0.0.1:80", "[::1]:80")));
}

TEST_F(ServiceTest, AServiceThatIsEmptyIsPublishedSo) {
  start();
  listed({"10.0.0.1"});
  listed({});
  EXPECT_TRUE(run_until([&] { return published.size() == 2; }));
  EXPECT_THAT(published.back(), IsEmpty());
}

TEST_F(ServiceTest, ASuspectIsNotAskedAfterBeforeTheRegistryCouldAnswer) {
  what.shrink_protection = conf::ShrinkProtection{.confirm_after = std::chrono::milliseconds(1)};
  start();
  listed({"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  listed({"10.0.0.1"});
  EXPECT_TRUE(run_until([&] { return registry.asked_again == 1; }));
  run_for(1'200 * kNanosPerMilli);
  EXPECT_EQ(registry.asked_again, 1);
}

TEST_F(ServiceTest, SaysThatAServiceIsForgottenAndWhatBecomesOfIt) {
  what.shrink_protection.emplace();
  what.registry = "eu", what.service = "orders";
  start();
  listed({"10.0.0.1"});
  listed({});
  EXPECT_EQ(published.size(), 1u);
  EXPECT_THAT(logged, ElementsAre(AllOf(
                          HasSubstr("eu has nothing of orders any more"), HasSubstr("1 endpoint known before"),
                          HasSubstr("for 2m and none answers, they fail"), HasSubstr("POST /registries/accept"))));
  EXPECT_EQ(service->status().suspect_removals, 1u);
}

TEST_F(ServiceTest, AForgottenServiceIsNotAskedAfterAsLongAsItsEndpointsAnswer) {
  what.shrink_protection = conf::ShrinkProtection{.confirm_after = std::chrono::milliseconds(400),
                                                  .empty_after = std::chrono::milliseconds(400)};
  start();
  listed({"10.0.0.1"});
  listed({});
  const Nanos end = loop.now() + 1'200 * kNanosPerMilli;
  run_until([&] { return ++answers, loop.now() >= end; });
  EXPECT_EQ(registry.asked_again, 0);
  EXPECT_TRUE(run_until([&] { return registry.asked_again == 1; })) << "they have fallen silent";
}

TEST_F(ServiceTest, ARegistryIsGivenTheTimeThatItTakesToSettle) {
  what.shrink_protection = conf::ShrinkProtection{.confirm_after = std::chrono::milliseconds(1),
                                                  .empty_after = std::chrono::milliseconds(1)};
  registry.settles = 10 * kNanosPerSecond;
  start();
  listed({"10.0.0.1"});
  listed({});
  run_for(1'200 * kNanosPerMilli);
  EXPECT_EQ(registry.asked_again, 0);
}

TEST_F(ServiceTest, TellsNoSecretsOfWhatTheRegistrySays) {
  start();
  registry.sink->failed("http://gateway:swordfish@10.0.0.1:8761 says no");
  EXPECT_THAT(logged, ElementsAre(HasSubstr("http://***@10.0.0.1:8761 says no")));
  EXPECT_EQ(service->status().last_error, "http://***@10.0.0.1:8761 says no");
}

TEST_F(ServiceTest, WhatCouldNotBeSavedIsSavedAtTheEnd) {
  state_dir = dir.path("not yet");
  start();
  listed({"10.0.0.1"});
  EXPECT_TRUE(run_until([&] { return !logged.empty(); }));
  EXPECT_THAT(logged, ElementsAre(HasSubstr("can't write")));
  std::filesystem::create_directory(state_dir);
  service.reset();
  EXPECT_TRUE(std::filesystem::exists(saved_list_path(state_dir, "u")));
}

/// What came while the list before was being written was lost when the gateway stopped just then.
TEST_F(ServiceTest, WhatComesDuringASlowSaveIsSavedAtTheEnd) {
  state_dir = dir.path("");
  const std::string path = saved_list_path(state_dir, "u"), slow = path + ".new";
  ASSERT_EQ(::mkfifo(slow.c_str(), 0600), 0);
  start();
  listed({"10.0.0.1"});
  int turns = 0;
  run_until([&] { return ++turns > 5; });
  listed({"10.0.0.2"});
  service.reset();
  const io::Peer reader(::open(slow.c_str(), O_RDONLY | O_NONBLOCK));
  std::filesystem::remove(slow);
  std::string why;
  EXPECT_TRUE(run_until([&] {
    const auto text = io::read_file(path, 1 << 20, why);
    return text && text->find("10.0.0.2") != text->npos;
  }));
}

TEST_F(ServiceTest, MayEndWhileItIsSaved) {
  state_dir = dir.path("");
  start();
  listed({"10.0.0.1"});
  turn();
  service.reset();
  EXPECT_TRUE(run_until([&] { return std::filesystem::exists(saved_list_path(state_dir, "u")); }));
  EXPECT_THAT(logged, IsEmpty());
}

}  // namespace
}  // namespace penstock::discovery
