#include "discovery/static_source.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/io/loop_fixture.h"

namespace penstock::discovery {
namespace {

class StaticSourceTest : public io::LoopTest {
 protected:
  std::vector<SnapshotPtr> published;
  std::vector<std::string> warnings;
  std::unique_ptr<StaticSource> source;
  conf::Upstream upstream;

  void endpoint(const std::string& host, std::uint16_t port, std::uint32_t weight = 1, const std::string& zone = {}) {
    upstream.endpoints.push_back({{host, port, {}}, weight, zone});
  }
  void start() {
    upstream.name = "u";
    source = std::make_unique<StaticSource>(
        loop, upstream, [this](SnapshotPtr snapshot) { published.push_back(std::move(snapshot)); },
        [this](const std::string& w) { warnings.push_back(w); });
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const Endpoint& e : published.back()->endpoints) out.push_back(e.id);
    return out;
  }
};

/// Longer than a label can be, so that no name server has to be asked.
const std::string kNoName = std::string(64, 'x') + ".invalid";

TEST_F(StaticSourceTest, LiteralsArePublishedAtOnceAndInOrder) {
  endpoint("10.0.0.2", 80, 3, "a");
  endpoint("::1", 81);
  upstream.endpoints.push_back({{{}, 0, "/run/x.sock"}, 1, {}});
  start();
  ASSERT_EQ(published.size(), 1u);
  EXPECT_EQ(ids(), (std::vector<std::string>{"10.0.0.2:80", "[::1]:81", "unix:/run/x.sock"}));
  EXPECT_EQ(published[0]->endpoints[0].weight, 3u);
  EXPECT_EQ(published[0]->endpoints[0].zone, "a");
  EXPECT_EQ(published[0]->version, 1u);
}

TEST_F(StaticSourceTest, ANameIsResolvedIntoEndpointsOfItsPlace) {
  endpoint("10.0.0.1", 80);
  endpoint("localhost", 8080, 7, "z");
  endpoint("10.0.0.2", 80);
  start();
  EXPECT_EQ(ids(), (std::vector<std::string>{"10.0.0.1:80", "10.0.0.2:80"}));
  ASSERT_TRUE(run_until([&] { return published.size() == 2; }));
  EXPECT_EQ(published[1]->version, 2u);
  EXPECT_EQ(ids().front(), "10.0.0.1:80");
  EXPECT_EQ(ids().back(), "10.0.0.2:80");
  const Endpoint& resolved = published[1]->endpoints[1];
  EXPECT_EQ(resolved.host, "localhost");
  EXPECT_EQ(published[1]->endpoints[0].host, "");
  EXPECT_TRUE(resolved.id == "127.0.0.1:8080" || resolved.id == "[::1]:8080") << resolved.id;
  EXPECT_EQ(resolved.weight, 7u);
  EXPECT_EQ(resolved.zone, "z");
  EXPECT_TRUE(warnings.empty());
}

TEST_F(StaticSourceTest, ANameThatHasNoAddressIsWarnedOf) {
  endpoint(kNoName, 80);
  endpoint("10.0.0.1", 80);
  start();
  ASSERT_TRUE(run_until([&] { return !warnings.empty(); }));
  EXPECT_TRUE(warnings[0].starts_with("upstream u: can't resolve " + kNoName + ": ")) << warnings[0];
  EXPECT_EQ(published.size(), 1u);
  EXPECT_EQ(ids(), std::vector<std::string>{"10.0.0.1:80"});
}

TEST_F(StaticSourceTest, ALookUpMayOutliveIt) {
  endpoint("localhost", 80);
  start();
  source.reset();
  bool other_done = false;
  conf::Upstream other;
  other.endpoints = upstream.endpoints;
  const StaticSource second(
      loop, other, [&](SnapshotPtr s) { other_done = !s->endpoints.empty(); }, [](const std::string&) {});
  EXPECT_TRUE(run_until([&] { return other_done; }));
  EXPECT_EQ(published.size(), 1u);
}

}  // namespace
}  // namespace penstock::discovery
