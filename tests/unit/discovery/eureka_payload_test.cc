// Eureka's JSON with all its quirks, and what is not Eureka's at all.
#include "discovery/eureka/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string whole(const std::string& instances, const std::string& hash = "") {
  return R"({"applications":{"apps__hashcode":")" + hash + R"(","application":[{"name":"Orders","instance":[)" +
         instances + "]}]}}";
}

/// One that can be used, with more keys, which come first.
std::string up(const std::string& id, const std::string& more = "") {
  return "{" + more + R"("instanceId":")" + id + R"(","ipAddr":"10.0.0.1","port":{"$":80},"status":"UP"})";
}

EurekaAnswer parsed(const std::string& json) {
  auto answer = parse_eureka(json);
  EXPECT_TRUE(answer) << json;
  return answer.value_or(EurekaAnswer{});
}

/// The only instance.
std::optional<Instance> usable(const std::string& instance) {
  const EurekaAnswer answer = parsed(whole(instance));
  EXPECT_EQ(answer.instances.size(), 1u) << instance;
  return answer.instances.empty() ? std::nullopt : answer.instances[0].usable;
}

TEST(EurekaPayload, AnInstanceHasAddressPortWeightZoneAndMetadata) {
  const auto instance = usable(
      R"({"instanceId":"a","hostName":"h","ipAddr":"10.0.0.1","port":{"$":8080,"@enabled":"true"},"status":"UP",)"
      R"("metadata":{"zone":"z1","weight":"7","@class":"x","b":"2","a":1}})");
  ASSERT_TRUE(instance);
  EXPECT_EQ(instance->host, "10.0.0.1");
  EXPECT_EQ(instance->port, 8080);
  EXPECT_EQ(instance->weight, 7u);
  EXPECT_EQ(instance->zone, "z1");
  EXPECT_THAT(instance->metadata, ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("weight", "7"), Pair("zone", "z1")));
}

TEST(EurekaPayload, PortsAreWrittenInManyWays) {
  const auto port = [](const std::string& ports) {
    const auto instance = usable(R"({"ipAddr":"10.0.0.1","status":"UP",)" + ports + "}");
    return instance ? instance->port : 0;
  };
  EXPECT_EQ(port(R"("port":{"$":"8080","@enabled":true})"), 8080);
  EXPECT_EQ(port(R"("port":8081)"), 8081);
  EXPECT_EQ(port(R"("port":"8082")"), 8082);
  EXPECT_EQ(port(R"("port":{"$":80,"@enabled":"false"},"securePort":{"$":443,"@enabled":"true"})"), 443);
  EXPECT_EQ(port(R"("port":{"$":80,"@enabled":"false"},"securePort":{"$":443})"), 0);
  for (const char* bad : {"0", "65536", "-1", "1e3", "80.5", "\"80 \"", "[80]", "null", "99999999999999999999"})
    EXPECT_EQ(port(R"("port":)" + std::string(bad)), 0) << bad;
}

TEST(EurekaPayload, OnlyWhoIsUpIsUsed) {
  for (const char* status : {"\"DOWN\"", "\"STARTING\"", "\"OUT_OF_SERVICE\"", "\"up\"", "null", "7"}) {
    EXPECT_FALSE(usable(R"({"ipAddr":"10.0.0.1","port":80,"status":)" + std::string(status) + "}")) << status;
  }
}

TEST(EurekaPayload, WeightsAreWholeNumbers) {
  const auto weight = [](const std::string& value) {
    const auto instance = usable(up("a", R"("metadata":{"weight":)" + value + "},"));
    return instance ? static_cast<int>(instance->weight) : -1;
  };
  EXPECT_EQ(weight("100"), 100);
  EXPECT_EQ(weight("\"1000000\""), 65'535);
  EXPECT_EQ(weight("\"0\""), -1);
  for (const char* odd : {"\"\"", "\"x\"", "-5", "1.5", "{}", "null"}) EXPECT_EQ(weight(odd), 1) << odd;
}

TEST(EurekaPayload, WithoutAnAddressTheNameIsUsed) {
  EXPECT_EQ(usable(R"({"hostName":"h.internal","ipAddr":"unknown","port":80,"status":"UP"})")->host, "h.internal");
  EXPECT_EQ(usable(R"({"ipAddr":"2001:db8::1","port":80,"status":"UP"})")->host, "2001:db8::1");
}

TEST(EurekaPayload, AnInstanceThatCannotBeReachedIsLeftOutAndTold) {
  const EurekaAnswer answer =
      parsed(whole(up("a") + R"(,{"instanceId":"b","port":80,"status":"UP","hostName":"a b"})"));
  ASSERT_EQ(answer.instances.size(), 2u);
  EXPECT_TRUE(answer.instances[0].usable);
  EXPECT_FALSE(answer.instances[1].usable);
  EXPECT_EQ(answer.odd, "ORDERS b has no address");
}

TEST(EurekaPayload, SingleItemsMayStandWithoutTheirList) {
  const EurekaAnswer answer =
      parsed(R"({"applications":{"application":{"name":"orders","instance":)" + up("a") + "}}}");
  ASSERT_EQ(answer.instances.size(), 1u);
  EXPECT_EQ(answer.instances[0].app, "ORDERS");
}

TEST(EurekaPayload, ARegistryMayBeEmpty) {
  for (const char* json : {R"({"applications":{}})", R"({"applications":{"application":[]}})",
                           R"({"applications":{"application":null,"apps__hashcode":""}})"})
    EXPECT_THAT(parsed(json).instances, IsEmpty()) << json;
}

TEST(EurekaPayload, TheHashOfNobodyIsAHashToo) {
  EXPECT_EQ(parsed(whole("", "")).hash, "");
  EXPECT_EQ(parsed(whole("", "UP_1_")).hash, "UP_1_");
  EXPECT_EQ(parsed(R"({"applications":{}})").hash, std::nullopt);
}

TEST(EurekaPayload, WhatIsNotEurekasIsRefused) {
  for (const char* json : {"", "{}", "[]", "null", "7", "<applications/>", "{\"applications\":7}",
                           R"({"applications":[]})", R"({"applications":{"application":"none"}})",
                           R"({"applications":{"application":[)", "{\"applications\":{\"a\":\"\xff\"}}"})
    EXPECT_FALSE(parse_eureka(json)) << json;
  EXPECT_FALSE(
      parse_eureka(R"({"applications":{},"x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
}

TEST(EurekaPayload, OddTypesInsideAreNoReasonToRefuseTheRest) {
  const std::string odd = R"(7,null,[],"x",{"instanceId":{},"ipAddr":[],"port":[],"status":"UP","metadata":[1]},)";
  const EurekaAnswer answer = parsed(whole(odd + up("a")));
  ASSERT_EQ(answer.instances.size(), 2u);
  EXPECT_TRUE(answer.instances[1].usable);
}

EurekaInstance instance(const std::string& id, const std::string& status, const std::string& action = "") {
  EurekaInstance made{"ORDERS", id, status, action, std::nullopt};
  if (status == "UP") made.usable = Instance{id, 80, 1, "", 0, {}};
  return made;
}

TEST(EurekaAppsTest, TheHashCountsEveryStatus) {
  EurekaApps apps;
  EXPECT_EQ(apps.hash(), "");
  apps.replace({{instance("b", "UP"), instance("a", "UP"), instance("c", "DOWN")}, std::nullopt, ""});
  EXPECT_EQ(apps.hash(), "DOWN_1_UP_2_");
}

TEST(EurekaAppsTest, DeltasMayBeAppliedAgain) {
  EurekaApps apps;
  apps.replace({{instance("a", "UP"), instance("b", "UP")}, std::nullopt, ""});
  const EurekaAnswer delta{
      {instance("c", "UP", "ADDED"), instance("b", "DOWN", "MODIFIED"), instance("a", "UP", "DELETED")},
      std::nullopt,
      ""};
  for (int i = 0; i < 2; ++i) {
    apps.apply(delta);
    EXPECT_EQ(apps.hash(), "DOWN_1_UP_1_");
    EXPECT_THAT(apps.list("orders").instances, ElementsAre(Instance{"c", 80, 1, "", 0, {}}));
  }
}

TEST(EurekaAppsTest, WhoeverIsGoneLeavesNothing) {
  EurekaApps apps;
  apps.replace({{instance("a", "UP")}, std::nullopt, ""});
  apps.apply({{instance("a", "UP", "DELETED"), instance("z", "UP", "DELETED")}, std::nullopt, ""});
  EXPECT_TRUE(apps.empty());
  EXPECT_THAT(apps.list("orders").instances, IsEmpty());
}

TEST(EurekaAppsTest, CountsWhoTakesNoRequests) {
  EurekaApps apps;
  apps.replace({{instance("a", "UP"), instance("b", "DOWN"), instance("c", "OUT_OF_SERVICE")}, std::nullopt, ""});
  EXPECT_EQ(apps.list("orders").excluded, 2u);
  EXPECT_EQ(apps.list("others").excluded, 0u);
}

TEST(EurekaAppsTest, AnAddressStandsOnce) {
  EurekaApps apps;
  EurekaInstance twin = instance("a", "UP");
  twin.id = "another";
  apps.replace({{instance("a", "UP"), twin}, std::nullopt, ""});
  EXPECT_EQ(apps.list("ORDERS").instances.size(), 1u);
  EXPECT_EQ(apps.hash(), "UP_2_");
}

TEST(EurekaRegistration, CanBeReadBack) {
  const conf::Announce what{.registry = "e",
                            .service = "Gateway/1",
                            .host = "10.0.0.9",
                            .port = 8080,
                            .weight = 3,
                            .zone = "z\"\xff",
                            .tags = {},
                            .metadata = {{"k", "v"}}};
  const std::string body = eureka_registration(what, 1'700'000'000'000);
  EXPECT_THAT(body, HasSubstr(R"({"instance":{)"));
  const std::string fetched = R"({"applications":{"application":{"name":"x","instance":)" +
                              body.substr(body.find(':') + 1, body.size() - body.find(':') - 2) + "}}}";
  const EurekaAnswer answer = parsed(fetched);
  ASSERT_EQ(answer.instances.size(), 1u);
  EXPECT_EQ(answer.instances[0].app, "GATEWAY/1");
  EXPECT_EQ(answer.instances[0].id, "10.0.0.9:Gateway/1:8080");
  ASSERT_TRUE(answer.instances[0].usable);
  EXPECT_EQ(answer.instances[0].usable->weight, 3u);
  EXPECT_THAT(answer.instances[0].usable->metadata, testing::Contains(Pair("k", "v")));
  EXPECT_EQ(eureka_app_path(what), "apps/GATEWAY%2F1");
  EXPECT_EQ(eureka_instance_path(what), "apps/GATEWAY%2F1/10.0.0.9%3AGateway%2F1%3A8080");
}

}  // namespace
}  // namespace penstock::discovery
