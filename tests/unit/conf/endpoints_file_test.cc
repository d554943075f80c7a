// Files of endpoints: what is read, and what is refused.
#include "conf/file/endpoints_file.h"

#include <gmock/gmock.h>

#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using testing::HasSubstr;

class EndpointsFileTest : public Loading {
 protected:
  EndpointsFile read(const std::string& text) const { return load_endpoints(text, "e.yaml", environment(), 1'000); }
  std::vector<Endpoint> service(const std::string& text, const std::string& name) const {
    EndpointsFile file = read(text);
    for (const Problem& problem : file.problems) ADD_FAILURE() << problem.text();
    EXPECT_TRUE(file.services.contains(name)) << text;
    return file.services[name];
  }
  std::string problem_of(const std::string& text) const {
    const EndpointsFile file = read(text);
    EXPECT_EQ(file.problems.size(), 1u) << text;
    return file.problems.empty() ? "" : file.problems[0].text();
  }
};

TEST_F(EndpointsFileTest, EndpointsAreWrittenAsInTheConfiguration) {
  const auto endpoints =
      service("orders:\n  - 10.0.0.1:80\n  - {address: 'B.internal:81', weight: 3, zone: a, priority: 2}\n", "orders");
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].address.text(), "10.0.0.1:80");
  EXPECT_EQ(endpoints[1].address.text(), "b.internal:81");
  EXPECT_EQ(endpoints[1].weight, 3u);
  EXPECT_EQ(endpoints[1].zone, "a");
  EXPECT_EQ(endpoints[1].priority, 2u);
}

TEST_F(EndpointsFileTest, JsonIsReadToo) {
  const auto endpoints =
      service("{\n\t\"a/b\": [\"[::1]:80\", {\"address\":\"10.0.0.1:81\",\"weight\":2}],\r\n\t\"c\": []\n}\n", "a/b");
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].address.host, "::1");
  EXPECT_EQ(endpoints[1].weight, 2u);
}

TEST_F(EndpointsFileTest, AServiceMayHaveNone) {
  EXPECT_TRUE(service("a: []\n", "a").empty());
  EXPECT_TRUE(read("{}").services.empty());
  EXPECT_TRUE(read("{}").problems.empty());
}

TEST_F(EndpointsFileTest, TheEnvironmentIsPutIn) {
  EXPECT_EQ(service("a: ['${HOST:-10.0.0.1}:80']", "a").at(0).address.host, "10.0.0.1");
}

TEST_F(EndpointsFileTest, EveryMistakeHasItsPlace) {
  EXPECT_EQ(problem_of("a:\n  - 10.0.0.1\n"),
            "e.yaml:2:5: a: must be host:port, [IPv6]:port or unix:/path, is \"10.0.0.1\"");
  EXPECT_EQ(problem_of("a: [{address: 'b:80', weight: 0}]"), "e.yaml:1:31: weight: must be 1 … 65535, is 0");
  EXPECT_EQ(problem_of("a: ['b:80', 'b:80']"), "e.yaml:1:13: a: \"b:80\" is listed twice");
  EXPECT_EQ(problem_of("a: ['unix:/run/x.sock']"),
            "e.yaml:1:5: a: must be host:port: a registry tells no Unix sockets");
  EXPECT_EQ(problem_of("a: 10.0.0.1:80"), "e.yaml:1:4: a: must be a list, is a single value");
  EXPECT_EQ(problem_of("- 10.0.0.1:80"), "e.yaml:1:1: must be a map of keys, is a list");
  EXPECT_EQ(problem_of("'a b': []"), "e.yaml:1:1: a b: must be 1 … 512 visible ASCII characters, is \"a b\"");
  EXPECT_EQ(problem_of("a: [{adress: 'b:80', address: 'b:80'}]"),
            "e.yaml:1:6: a: unknown key \"adress\" (did you mean \"address\"?)");
}

TEST_F(EndpointsFileTest, AHalfWrittenFileIsAProblem) {
  const std::string whole = "{\"a\": [\"10.0.0.1:80\", {\"address\": \"10.0.0.2:80\"}]}";
  ASSERT_TRUE(read(whole).problems.empty());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read(whole.substr(0, size)).problems.empty()) << size;
}

TEST_F(EndpointsFileTest, AServiceIsBounded) {
  std::string text = "a: [";
  for (int i = 0; i < 1'001; ++i) text += "'h" + std::to_string(i) + ":80',";
  EXPECT_THAT(problem_of(text + "]"), HasSubstr("must have at most 1000 items, has 1001"));
}

TEST_F(EndpointsFileTest, OneMistakeMakesTheWholeFileUnbelieved) {
  const EndpointsFile file = read("a: ['10.0.0.1:80']\nb: [x, y]\n");
  EXPECT_EQ(file.problems.size(), 2u);
}

}  // namespace
}  // namespace penstock::conf
