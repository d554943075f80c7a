#include "discovery/consul/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConsulAnswersTest : public testing::Test {
 protected:
  conf::Discover what;
  std::string why;
  std::string skipped;
  std::size_t excluded = 0;

  /// An answer of these entries.
  std::vector<Instance> read(const std::string& entries) {
    const auto answer = parse_consul_service("[" + entries + "]", what, why);
    skipped = answer ? answer->skipped : "";
    excluded = answer ? answer->list.excluded : 0;
    return answer ? answer->list.instances : std::vector<Instance>();
  }
  Instance only(const std::string& entry) {
    const auto all = read(entry);
    EXPECT_EQ(all.size(), 1u) << why << skipped;
    return all.empty() ? Instance() : all[0];
  }
};

TEST_F(ConsulAnswersTest, TheServicesAddressIsTakenBeforeItsNodes) {
  const std::string node = R"({"Node":{"Address":"10.0.0.1"},"Service":{"Port":80,"Address":)";
  EXPECT_EQ(only(node + R"("10.0.0.2"}})").host, "10.0.0.2");
  EXPECT_EQ(only(node + R"(""}})").host, "10.0.0.1");
  EXPECT_EQ(only(node + R"("[fd00::1]"}})").host, "fd00::1");
}

TEST_F(ConsulAnswersTest, TheWorstOfTheChecksCounts) {
  const auto with = [](const std::string& one, const std::string& two) {
    return R"({"Service":{"Port":80,"Address":"h","Weights":{"Passing":4,"Warning":2}},"Checks":[{"Status":")" + one +
           R"("},{"Status":")" + two + "\"}]}";
  };
  EXPECT_EQ(only(with("passing", "passing")).weight, 4u);
  EXPECT_THAT(read(with("passing", "warning")), IsEmpty());
  what.only_passing = false;
  EXPECT_EQ(only(with("warning", "passing")).weight, 2u);
  EXPECT_THAT(read(with("warning", "critical")), IsEmpty());
  EXPECT_THAT(read(with("passing", "maintenance")), IsEmpty());
  EXPECT_THAT(read(with("passing", "what?")), IsEmpty());
  EXPECT_EQ(skipped, "");
}

TEST_F(ConsulAnswersTest, WhoTakesNoRequestsIsToldFromWhoIsAnothers) {
  what.tags = {"v2"};
  const std::string entry = R"({"Service":{"Port":80,"Address":"h","Tags":["v2"]},"Checks":[{"Status":"critical"}]},)";
  const std::string other = R"({"Service":{"Port":80,"Address":"h","Tags":["v1"]},"Checks":[{"Status":"critical"}]})";
  read(entry + entry + other);
  EXPECT_EQ(excluded, 2u);
}

TEST_F(ConsulAnswersTest, MetaSaysWeightZoneAndPriority) {
  const Instance instance = only(R"({"Node":{"Meta":{"zone":"n"}},"Service":{"Port":80,"Address":"h",)"
                                 R"("Weights":{"Passing":4},"Meta":{"weight":"9","priority":"200","a":"b"}}})");
  EXPECT_EQ(instance.weight, 9u);
  EXPECT_EQ(instance.zone, "n");
  EXPECT_EQ(instance.priority, 127u);
  EXPECT_THAT(instance.metadata,
              ElementsAre(std::pair("a", "b"), std::pair("priority", "200"), std::pair("weight", "9")));
}

TEST_F(ConsulAnswersTest, AWeightOfZeroIsLeftOutAndOneTooLargeIsTheLargest) {
  EXPECT_THAT(read(R"({"Service":{"Port":80,"Address":"h","Meta":{"weight":"0"}}})"), IsEmpty());
  EXPECT_EQ(skipped, "");
  EXPECT_EQ(only(R"({"Service":{"Port":80,"Address":"h","Weights":{"Passing":18446744073709551615}}})").weight, 65535u);
}

TEST_F(ConsulAnswersTest, InstancesNeedAllTags) {
  what.tags = {"a", "b"};
  EXPECT_THAT(read(R"({"Service":{"Port":80,"Address":"h","Tags":["b","c","a"]}})"), testing::SizeIs(1));
  EXPECT_THAT(read(R"({"Service":{"Port":80,"Address":"h","Tags":["a"]}})"), IsEmpty());
  EXPECT_THAT(read(R"({"Service":{"Port":80,"Address":"h","Tags":null}})"), IsEmpty());
}

TEST_F(ConsulAnswersTest, OneBadEntryAmongGoodOnesIsLeftOut) {
  const std::string good = R"({"Service":{"Port":80,"Address":"h"}},)";
  for (const char* bad : {"7", "{}", R"({"Service":[]})", R"({"Service":{"Address":"h"}})",
                          R"({"Service":{"Port":65536,"Address":"h"}})", R"({"Service":{"Port":-1,"Address":"h"}})",
                          R"({"Service":{"Port":80.5,"Address":"h"}})", R"({"Service":{"Port":80,"Address":"a/b"}})",
                          R"({"Service":{"Port":80}})", R"({"Service":{"Port":1e99,"Address":{}}})"}) {
    EXPECT_THAT(read(good + bad), testing::SizeIs(1)) << bad;
    EXPECT_NE(skipped, "") << bad;
    EXPECT_FALSE(parse_consul_service("[" + std::string(bad) + "]", what, why)) << bad;
  }
}

TEST_F(ConsulAnswersTest, WhatIsNoListIsRefused) {
  for (const std::string body : {"", "{}", "null", "[", "7", "[]]", "\"", "[\"\\ud800\"]", "[\"\xff\"]"}) {
    why.clear();
    EXPECT_FALSE(parse_consul_service(body, what, why)) << body;
    EXPECT_NE(why, "") << body;
  }
  EXPECT_TRUE(parse_consul_service("[]", what, why));
}

TEST_F(ConsulAnswersTest, DeepNestingIsRefusedBeforeItTakesMemory) {
  EXPECT_FALSE(parse_consul_service(std::string(10 << 20, '['), what, why));
  EXPECT_THAT(why, HasSubstr("no JSON"));
}

TEST_F(ConsulAnswersTest, MoreInstancesThanTheBoundAreRefused) {
  std::string all;
  for (std::size_t i = 0; i <= kMostInstances; ++i) all += R"({"Service":{"Port":80,"Address":"h"}},)";
  all.pop_back();
  EXPECT_FALSE(parse_consul_service("[" + all + "]", what, why));
  EXPECT_THAT(why, HasSubstr("65537 instances"));
}

TEST_F(ConsulAnswersTest, AValueIsItsBytesAndItsVersion) {
  const auto value = parse_consul_value(R"([{"Value":"YTogMQo=","ModifyIndex":77}])", why);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text, "a: 1\n");
  EXPECT_EQ(value->version, 77u);
  EXPECT_EQ(parse_consul_value(R"([{"Value":null,"ModifyIndex":1}])", why)->text, "");
  for (const char* bad : {"[]", "[{}]", R"([{"Value":"YQ","ModifyIndex":1}])", R"([{"Value":"YQ=="}])",
                          R"([{"Value":7,"ModifyIndex":1}])", "{}"}) {
    EXPECT_FALSE(parse_consul_value(bad, why)) << bad;
  }
}

}  // namespace
}  // namespace penstock::discovery
