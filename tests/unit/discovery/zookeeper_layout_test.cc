#include "discovery/zookeeper/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace penstock::discovery {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

std::string address(const ChildRead& read) {
  if (!read.instance) return read.wrong.empty() ? "(not listed)" : "(wrong: " + read.wrong + ")";
  return read.instance->host + " " + std::to_string(read.instance->port);
}

std::uint32_t weight(const ChildRead& read) {
  return read.instance ? read.instance->weight : 0;
}

// ---- curator ----

/// As Spring Cloud ZooKeeper writes it.
std::string spring(const std::string& metadata, const std::string& more = "") {
  return R"({"name":"orders","id":"1a2b","address":"10.0.0.1","port":8080,"sslPort":null,"payload":{)"
         R"("@class":"org.springframework.cloud.zookeeper.discovery.ZookeeperInstance","id":"orders","name":"orders",)"
         R"("metadata":{)" +
         metadata + R"(}},"registrationTimeUTC":1700000000000,"serviceType":"DYNAMIC","uriSpec":{"parts":[]})" + more +
         "}";
}

TEST(CuratorLayout, ReadsAddressPortAndMetadata) {
  const ChildRead read = read_curator_child(spring(R"("instance_status":"UP","weight":"3","zone":"a","x":"y")"));
  EXPECT_EQ(address(read), "10.0.0.1 8080");
  EXPECT_EQ(weight(read), 3u);
  EXPECT_EQ(read.instance->zone, "a");
  EXPECT_THAT(read.instance->metadata, Contains(Pair("x", "y")));
}

TEST(CuratorLayout, TakesWhatHasNoPayload) {
  EXPECT_EQ(address(read_curator_child(R"({"address":"app.internal","port":80,"payload":null})")), "app.internal 80");
  EXPECT_EQ(address(read_curator_child(R"({"address":"::1","port":80,"payload":"text"})")), "::1 80");
  EXPECT_EQ(address(read_curator_child(R"({"address":"[::1]","port":80,"payload":[1]})")), "::1 80");
}

TEST(CuratorLayout, LeavesOutWhatIsDisabledDownOrWithoutWeight) {
  EXPECT_EQ(address(read_curator_child(spring("", R"(,"enabled":false)"))), "(not listed)");
  EXPECT_EQ(address(read_curator_child(spring(R"("instance_status":"OUT_OF_SERVICE")"))), "(not listed)");
  EXPECT_EQ(address(read_curator_child(spring(R"("weight":"0")"))), "(not listed)");
  EXPECT_EQ(address(read_curator_child(spring(R"("weight":-5)"))), "(not listed)");
}

TEST(CuratorLayout, KeepsAnInstanceWhoseWeightMakesNoSense) {
  for (const char* odd : {R"("heavy")", R"("1e999")", R"({"a":1})", R"("")", R"("3 kg")", R"("nan")", "null"}) {
    EXPECT_EQ(weight(read_curator_child(spring(R"("weight":)" + std::string(odd)))), 1u) << odd;
  }
  EXPECT_EQ(weight(read_curator_child(spring(R"("weight":99999999999999999999)"))), 65'535u);
  EXPECT_EQ(weight(read_curator_child(spring(R"("weight":"0.2")"))), 1u);
}

TEST(CuratorLayout, RefusesWhatHasNoAddressOrPort) {
  for (const char* data :
       {R"({"port":80})", R"({"address":"","port":80})", R"({"address":7,"port":80})", R"({"address":"a b","port":80})",
        R"({"address":"300.1.1.1","port":80})", R"({"address":"a","port":0})", R"({"address":"a","port":65536})",
        R"({"address":"a","port":-1})", R"({"address":"a","port":"80"})", R"({"address":"a","port":8e1})",
        R"({"address":"a","port":99999999999999999999999})", R"({"address":"a","sslPort":443})"}) {
    EXPECT_THAT(address(read_curator_child(data)), HasSubstr("no valid")) << data;
  }
}

TEST(CuratorLayout, RefusesWhatIsNoJson) {
  const std::string deep = R"({"address":"a","port":80,"payload":)" + std::string(500'000, '[');
  const std::string whole = spring("");
  for (const std::string& data :
       {std::string(), std::string("10.0.0.1"), std::string("[]"), std::string("\xff\xfe{}"),
        whole.substr(0, whole.size() - 1), whole + "x", deep, std::string("{\"address\":\"\xc3\x28\",\"port\":80}")}) {
    EXPECT_THAT(address(read_curator_child(data)), HasSubstr("JSON")) << data.substr(0, 100);
  }
}

TEST(CuratorLayout, RefusesDeepNesting) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_THAT(address(read_curator_child(R"({"address":"a","port":80,"payload":)" + deep + "}")), HasSubstr("JSON"));
}

TEST(CuratorLayout, BoundsMetadata) {
  std::string many = R"("long":")" + std::string(5'000, 'x') + R"(","list":[1],"n":5,"t":true)";
  for (int i = 0; i < 500; ++i) many += ",\"x" + std::to_string(i) + "\":\"\"";
  const Metadata metadata = read_curator_child(spring(many)).instance->metadata;
  EXPECT_EQ(metadata.size(), 64u);
  EXPECT_THAT(metadata, Contains(Pair("n", "5")));
  EXPECT_THAT(metadata, Not(Contains(Pair("long", testing::_))));
  EXPECT_THAT(metadata, Not(Contains(Pair("list", testing::_))));
}

// ---- dubbo ----

std::string provider(const std::string& parameters, const std::string& authority = "10.0.0.1%3A20880") {
  return "dubbo%3A%2F%2F" + authority +
         "%2Fcom.acme.Orders%3Fanyhost%3Dtrue%26application%3Dorders-provider%26timestamp%3D1700000000000" + parameters;
}

std::string read_provider(const std::string& name, const std::string& group = "", const std::string& version = "") {
  return address(read_dubbo_child(name, group, version));
}

TEST(DubboLayout, ReadsTheUrlThatIsTheNodesName) {
  const ChildRead read = read_dubbo_child(provider("%26weight%3D200%26zone%3Da"), "", "");
  EXPECT_EQ(address(read), "10.0.0.1 20880");
  EXPECT_EQ(weight(read), 200u);
  EXPECT_EQ(read.instance->zone, "a");
  EXPECT_THAT(read.instance->metadata, Contains(Pair("application", "orders-provider")));
  EXPECT_THAT(read.instance->metadata, Contains(Pair("protocol", "dubbo")));
}

TEST(DubboLayout, GivesDubbosOwnWeightToWhoeverNamesNone) {
  EXPECT_EQ(weight(read_dubbo_child(provider(""), "", "")), 100u);
  EXPECT_EQ(weight(read_dubbo_child(provider("%26weight%3Dheavy"), "", "")), 100u);
  EXPECT_EQ(weight(read_dubbo_child(provider("%26weight%3D99999999999"), "", "")), 65'535u);
}

TEST(DubboLayout, SaysTheSameOfAProviderThatHasStartedAnew) {
  const std::string first = provider("%26pid%3D7"), again = provider("%26pid%3D8%26timestamp%3D1800000000000");
  EXPECT_EQ(*read_dubbo_child(first, "", "").instance, *read_dubbo_child(again, "", "").instance);
}

/// Dubbo writes five parameters for each method, and sorts them all: what decides comes last.
TEST(DubboLayout, HeedsWhatStandsBehindTheParametersOfManyMethods) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "%26m" + std::to_string(i) + ".retries%3D0";
  const ChildRead read = read_dubbo_child(provider(many + "%26version%3D1.0.0%26weight%3D50%26zone%3Da"), "", "1.0.0");
  EXPECT_EQ(address(read), "10.0.0.1 20880");
  EXPECT_EQ(weight(read), 50u);
  EXPECT_EQ(read.instance->zone, "a");
  EXPECT_EQ(read.instance->metadata.size(), 64u);
  EXPECT_THAT(read.instance->metadata, Contains(Pair("protocol", "dubbo")));
  EXPECT_EQ(read_provider(provider(many + "%26version%3D2.0.0"), "", "1.0.0"), "(not listed)");
  EXPECT_EQ(read_provider(provider(many + "%26disabled%3Dtrue")), "(not listed)");
}

TEST(DubboLayout, KnowsPortsThatDoNotSpeakHttp) {
  const auto is_binary = [](const std::string& name) { return read_dubbo_child(name, "", "").is_binary; };
  EXPECT_TRUE(is_binary(provider("")));
  EXPECT_TRUE(is_binary(provider("%26ext.protocol%3Dtriplet")));
  EXPECT_FALSE(is_binary(provider("%26ext.protocol%3Dtri")));
  EXPECT_FALSE(is_binary(provider("%26ext.protocol%3Drest%2Ctri")));
  EXPECT_FALSE(is_binary("tri%3A%2F%2F10.0.0.1%3A50051%2Forders"));
}

TEST(DubboLayout, TakesValuesInAnyLanguage) {
  const ChildRead read = read_dubbo_child(provider("%26desc%3D%E4%BB%B7%E6%A0%BC%26weight%3D7"), "", "");
  EXPECT_EQ(weight(read), 7u);
  EXPECT_THAT(read.instance->metadata, Contains(Pair("desc", "\xe4\xbb\xb7\xe6\xa0\xbc")));
  EXPECT_THAT(read_provider(provider("%26desc%3D%E4%BB")), HasSubstr("percent-encoded"));
  EXPECT_THAT(read_provider(provider("%26desc%3Da%0Ab")), HasSubstr("percent-encoded"));
}

TEST(DubboLayout, LeavesOutWhatIsDisabledOrWithoutWeight) {
  for (const char* why : {"%26disabled%3Dtrue", "%26enabled%3Dfalse", "%26weight%3D0", "%26weight%3D-1"}) {
    EXPECT_EQ(read_provider(provider(why)), "(not listed)") << why;
  }
}

TEST(DubboLayout, TakesOneGroupAndVersionIfAskedTo) {
  const std::string name = provider("%26group%3Dblue%26version%3D1.0.0");
  EXPECT_EQ(read_provider(name, "blue", "1.0.0"), "10.0.0.1 20880");
  EXPECT_EQ(read_provider(name), "10.0.0.1 20880");
  EXPECT_EQ(read_provider(name, "green"), "(not listed)");
  EXPECT_EQ(read_provider(name, "blue", "2.0.0"), "(not listed)");
  EXPECT_EQ(read_provider(provider(""), "blue"), "(not listed)");
}

TEST(DubboLayout, ReadsUsersNamesAndIpv6) {
  EXPECT_EQ(read_provider(provider("", "u%3Ap%40host.internal%3A80")), "host.internal 80");
  EXPECT_EQ(read_provider(provider("", "%5B%3A%3A1%5D%3A80")), "::1 80");
  EXPECT_EQ(read_provider("rest://10.0.0.1:80"), "10.0.0.1 80");
}

TEST(DubboLayout, RefusesWhatIsNoUrl) {
  for (const char* name :
       {"", "x", "%", "%3", "%3A%2F%2", "dubbo%3A%2F%2F", "dubbo%3A%2F%2F10.0.0.1", "a://b:0", "a://b:c", "a://:80",
        "a://b:99999", "a://%00:80", "a://h:80/%ff", "%zz://h:80", "a://u@:1"}) {
    EXPECT_THAT(read_provider(name), HasSubstr("wrong")) << name;
  }
}

// ---- plain ----

TEST(PlainLayout, ReadsTheDataOrElseTheName) {
  EXPECT_EQ(address(read_plain_child("any", "10.0.0.1:80")), "10.0.0.1 80");
  EXPECT_EQ(address(read_plain_child("any", " [::1]:80\n")), "::1 80");
  EXPECT_EQ(address(read_plain_child("10.0.0.2:81", "")), "10.0.0.2 81");
  EXPECT_EQ(address(read_plain_child("10.0.0.2:81", "up since noon")), "10.0.0.2 81");
}

TEST(PlainLayout, ReadsAnObject) {
  const ChildRead read = read_plain_child("n", R"({"host":"h","port":80,"weight":5,"zone":"b","priority":2})");
  EXPECT_EQ(address(read), "h 80");
  EXPECT_EQ(weight(read), 5u);
  EXPECT_EQ(read.instance->zone, "b");
  EXPECT_EQ(read.instance->priority, 2u);
  EXPECT_EQ(address(read_plain_child("n", R"({"host":"h","port":80,"weight":0})")), "(not listed)");
}

TEST(PlainLayout, RefusesTheRest) {
  for (const char* data :
       {"", "h", "h:0", "h:99999", "unix:/x", "{", R"({"host":"h"})", R"({"host":["h"],"port":80})"}) {
    EXPECT_THAT(address(read_plain_child("name", data)), HasSubstr("wrong")) << data;
  }
}

// ---- where nodes are, and our own ----

conf::ZooKeeper config(conf::ZooKeeperLayout layout) {
  conf::ZooKeeper out;
  out.chroot = "/prod";
  out.root = "/services";
  out.layout = layout;
  return out;
}

TEST(ZooKeeperLayout, KnowsWhereNodesAre) {
  const ZooKeeperLayout curator(config(conf::ZooKeeperLayout::curator)), dubbo(config(conf::ZooKeeperLayout::dubbo));
  EXPECT_EQ(curator.service_path("orders"), "/prod/services/orders");
  EXPECT_EQ(dubbo.service_path("com.acme.Orders"), "/prod/services/com.acme.Orders/providers");
  EXPECT_EQ(curator.key_path("/conf/x"), "/prod/conf/x");
  EXPECT_EQ(curator.key_path("conf/x"), "/prod/conf/x");
}

conf::Announce gateway(const std::string& host = "10.0.0.9") {
  conf::Announce out;
  out.service = "edge";
  out.host = host;
  out.port = 8080;
  out.weight = 7;
  out.zone = "a";
  out.metadata = {{"team", "\"web\"\n"}};
  return out;
}

TEST(ZooKeeperLayout, WritesWhatItReads) {
  for (const auto kind : {conf::ZooKeeperLayout::curator, conf::ZooKeeperLayout::plain}) {
    const ZooKeeperLayout layout(config(kind));
    const auto entry = layout.entry(gateway(), 1);
    EXPECT_EQ(entry->path, "/prod/services/edge/10.0.0.9:8080");
    const ChildRead read = layout.read_child({}, "10.0.0.9:8080", entry->data);
    EXPECT_EQ(address(read), "10.0.0.9 8080");
    EXPECT_EQ(weight(read), 7u);
    EXPECT_EQ(read.instance->zone, "a");
  }
}

TEST(ZooKeeperLayout, TellsCuratorsReadersOfTheMetadata) {
  const auto entry = ZooKeeperLayout(config(conf::ZooKeeperLayout::curator)).entry(gateway(), 1);
  EXPECT_THAT(read_curator_child(entry->data).instance->metadata, Contains(Pair("team", "\"web\"\n")));
  EXPECT_THAT(entry->data, HasSubstr(R"("registrationTimeUTC":1,"serviceType":"DYNAMIC")"));
}

TEST(ZooKeeperLayout, AnnouncesNobodyInDubboNorUnderAnOddName) {
  EXPECT_FALSE(ZooKeeperLayout(config(conf::ZooKeeperLayout::dubbo)).entry(gateway(), 1));
  EXPECT_FALSE(ZooKeeperLayout(config(conf::ZooKeeperLayout::plain)).entry(gateway("a/../b"), 1));
}

}  // namespace
}  // namespace penstock::discovery
