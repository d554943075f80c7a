#include "discovery/etcd/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class EtcdMemberTest : public testing::Test {
 protected:
  Instance read(const std::string& value) {
    const EtcdMember member = parse_etcd_member(value);
    EXPECT_TRUE(member.instance) << value << ": " << member.bad;
    return member.instance.value_or(Instance{});
  }
};

TEST_F(EtcdMemberTest, AllFormsOfAnAddressAreRead) {
  for (const char* value :
       {"10.0.0.1:80", " 10.0.0.1:80\n", R"({"host":"10.0.0.1","port":80})", R"({"address":"10.0.0.1:80"})",
        R"({"Addr":"10.0.0.1:80","Op":0,"Metadata":null})", R"({"address":"10.0.0.1","port":"80"})"}) {
    EXPECT_EQ(read(value).host, "10.0.0.1") << value;
    EXPECT_EQ(read(value).port, 80) << value;
  }
  EXPECT_EQ(read("[fd00::1]:80").host, "fd00::1");
  EXPECT_EQ(read("api.internal:80").host, "api.internal");
}

TEST_F(EtcdMemberTest, WeightZoneAndPriorityMayStandInTheMetadata) {
  const Instance here = read(R"({"host":"h","port":1,"weight":3,"zone":"z","priority":2,"metadata":{"weight":9}})");
  EXPECT_EQ(here.weight, 3u);
  EXPECT_EQ(here.zone, "z");
  EXPECT_EQ(here.priority, 2u);
  const Instance there = read(R"({"Addr":"h:1","Metadata":{"weight":"9","zone":"y","x":true,"deep":{}}})");
  EXPECT_EQ(there.weight, 9u);
  EXPECT_EQ(there.zone, "y");
  EXPECT_THAT(there.metadata, ElementsAre(std::pair("weight", "9"), std::pair("x", "true"), std::pair("zone", "y")));
}

TEST_F(EtcdMemberTest, WhoIsOutOfServiceIsNoError) {
  for (const char* value : {R"({"host":"h","port":1,"weight":0})", R"({"host":"h","port":1,"enabled":false})",
                            R"({"host":"h","port":1,"disabled":true})", R"({"Op":1,"Addr":"h:1"})"}) {
    const EtcdMember member = parse_etcd_member(value);
    EXPECT_FALSE(member.instance) << value;
    EXPECT_EQ(member.bad, "") << value;
  }
}

TEST_F(EtcdMemberTest, WhatMakesNoSenseIsSaidToBeBad) {
  for (const std::string value :
       {"", " ", "h", "h:", ":80", "h:0", "h:65536", "a b:80", "1::2:80", "{", "{}", "[]", R"({"host":"h"})",
        R"({"host":"h","port":0})", R"({"host":7,"port":1})", R"({"host":"h","port":1,"weight":-1})",
        R"({"host":"h","port":1,"weight":"much"})", R"({"host":"h:1","port":2.5})", "{\"host\":\"\xff\",\"port\":1}"}) {
    const EtcdMember member = parse_etcd_member(value);
    EXPECT_FALSE(member.instance) << value;
    EXPECT_NE(member.bad, "") << value;
  }
}

TEST(EtcdAnswersTest, ARangeHasItsRevisionAndItsPairs) {
  std::string why;
  const auto range = parse_etcd_range(
      R"({"header":{"revision":"12"},"kvs":[{"key":"YQ==","value":"Yg==","mod_revision":"9"},{"key":"Yw=="}],"count":"2"})",
      why);
  ASSERT_TRUE(range) << why;
  EXPECT_EQ(range->revision, 12u);
  ASSERT_THAT(range->pairs, SizeIs(2));
  EXPECT_EQ(range->pairs[0].value, "b");
  EXPECT_EQ(range->pairs[0].version, 9u);
  EXPECT_EQ(range->pairs[1].value, "");
}

TEST(EtcdAnswersTest, ARangeThatIsNotWholeOrNoneIsRefused) {
  std::string why;
  for (const char* body :
       {"", "[]", "{}", R"({"header":[]})", R"({"header":{"revision":-1}})", R"({"header":{"revision":"1"},"kvs":{}})",
        R"({"header":{"revision":"1"},"kvs":[[]]})", R"({"header":{"revision":"1"},"more":true})"}) {
    EXPECT_FALSE(parse_etcd_range(body, why)) << body;
  }
}

TEST(EtcdAnswersTest, NewsAreEventsOrAnEnd) {
  std::string why;
  const auto news = parse_etcd_news(
      R"({"result":{"events":[{"kv":{"key":"YQ==","value":"Yg==","mod_revision":"9"}},{"type":"DELETE","kv":{"key":"YQ=="}}]}})",
      why);
  ASSERT_TRUE(news) << why;
  ASSERT_THAT(news->events, SizeIs(2));
  EXPECT_FALSE(news->events[0].deleted);
  EXPECT_TRUE(news->events[1].deleted);
  EXPECT_EQ(news->events[1].pair.key, "a");
  EXPECT_THAT(parse_etcd_news(R"({"result":{"canceled":true,"compact_revision":"5"}})", why)->why, HasSubstr("5"));
  EXPECT_TRUE(parse_etcd_news(R"({"result":{"canceled":true}})", why)->ended);
  EXPECT_TRUE(parse_etcd_news(R"({"error":{"message":"gone"}})", why)->ended);
  EXPECT_FALSE(parse_etcd_news(R"({"result":{"created":true}})", why)->ended);
  for (const char* bad : {"", "{}", "[]", R"({"result":7})", R"({"result":{"events":{}}})",
                          R"({"result":{"events":[{"type":"MOVE","kv":{"key":"YQ=="}}]}})"}) {
    EXPECT_FALSE(parse_etcd_news(bad, why)) << bad;
  }
}

TEST(EtcdAnswersTest, ErrorsTextsAndNumbersAreFoundOrNot) {
  EXPECT_EQ(parse_etcd_error(R"({"error":"a","message":"b"})"), "b");
  EXPECT_EQ(parse_etcd_error(R"({"error":"a"})"), "a");
  EXPECT_EQ(parse_etcd_error("<html>"), "");
  EXPECT_EQ(parse_etcd_text(R"({"token":"t"})", "token"), "t");
  EXPECT_EQ(parse_etcd_text(R"({"token":1})", "token"), std::nullopt);
  EXPECT_EQ(parse_etcd_number(R"({"result":{"TTL":"15"}})", "TTL"), 15u);
  EXPECT_EQ(parse_etcd_number(R"({"ID":"7587860233413435189"})", "ID"), 7587860233413435189u);
  EXPECT_EQ(parse_etcd_number(R"({"result":{}})", "TTL"), std::nullopt);
}

TEST(EtcdAnswersTest, ARangesEndIsItsPrefixWithTheLastByteOneMore) {
  EXPECT_EQ(etcd_range_end("/services/a/"), "/services/a0");
  EXPECT_EQ(etcd_range_end("a\xff"), "b");
  EXPECT_EQ(etcd_range_end("\xff"), std::string(1, '\0'));
}

}  // namespace
}  // namespace penstock::discovery
